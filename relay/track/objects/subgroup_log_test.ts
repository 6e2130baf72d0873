import assert from "node:assert/strict";
import { ObjectHeaderDecoder, ObjectStatus } from "@qumo/shared/wire";
import { blockOf, NATIVE } from "../../../tests/support/worlds/track_model.ts";
import { CUT_THROUGH_BYTES, MAX_PAGE_BYTES, OBJECT_OVERHEAD_BYTES } from "../limits.ts";
import { LogCursor } from "./log_cursor.ts";
import type { Rendering } from "./rendering.ts";
import { type LogReader, SubgroupLog } from "./subgroup_log.ts";
import { referenceData } from "../../../tests/support/reference_draft.ts";

const NONE = new Uint8Array(0);
const PREAMBLE = Uint8Array.of(0x70, 1, 2);

function newLog(hasProperties = false): SubgroupLog {
  return new SubgroupLog({
    track: 1n,
    group: 2n,
    groupOrdinal: 0,
    subgroup: 0n,
    priority: undefined,
    hasProperties,
    endOfGroup: false,
    firstObject: true,
    renderer: NATIVE,
  });
}

function native(log: SubgroupLog): Rendering {
  return log.renderingOf(NATIVE)!;
}

/** An object: id, properties, payload's length, status, time. */
type Begun = [number, Uint8Array, number, number, number];

function begin(log: SubgroupLog, ...object: Begun): void {
  const [id, properties, payloadLength, status, now] = object;
  log.begin({ id, properties, payloadLength, status }, NATIVE.properties, now);
}

function payload(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + seed) % 251);
}

function write(log: SubgroupLog, id: number, length: number): void {
  begin(log, id, NONE, length, ObjectStatus.NORMAL, 0);
  log.append(payload(length, id));
}

class Reader implements LogReader {
  wakes = 0;
  evictions = 0;

  wake(): void {
    this.wakes++;
  }

  evicted(): void {
    this.evictions++;
  }
}

function follow(log: SubgroupLog): Reader {
  const reader = new Reader();
  log.follow(reader);
  return reader;
}

/** Everything that a cursor can read, in the order of its reads. */
function read(cursor: LogCursor): number[] {
  const bytes: number[] = [];
  for (let view = cursor.next(); view !== undefined; view = cursor.next()) {
    for (const byte of view) bytes.push(byte);
    cursor.advance(view.length);
  }
  return bytes;
}

/** The ids of the objects in the bytes of a stream, and whether each payload is its own. */
function decode(bytes: Uint8Array, hasProperties = false): number[] {
  const decoder = new ObjectHeaderDecoder(hasProperties, referenceData);
  const ids: number[] = [];
  for (let at = PREAMBLE.length; at < bytes.length;) {
    at = decoder.decode(bytes, at, bytes.length);
    const end = at + decoder.payloadLength;
    assert.deepEqual(bytes.subarray(at, end), payload(decoder.payloadLength, decoder.id));
    ids.push(decoder.id);
    at = end;
  }
  return ids;
}

Deno.test("SubgroupLog holds a stream that decodes to the objects that were written", () => {
  const log = newLog();
  const ids = [0, 1, 5, 6, 1_000_000, Number.MAX_SAFE_INTEGER];
  for (const [index, id] of ids.entries()) write(log, id, index * 30_000);
  log.flush();
  const bytes = Uint8Array.from(read(new LogCursor(native(log), 0)));
  assert.deepEqual(bytes.subarray(0, PREAMBLE.length), PREAMBLE);
  assert.deepEqual(decode(bytes), ids);
});

Deno.test("SubgroupLog shows its preamble together with the first object", () => {
  const log = newLog();
  const reader = follow(log);
  begin(log, 0, NONE, 10, ObjectStatus.NORMAL, 0);
  log.append(payload(9));
  log.flush();
  assert.deepEqual([reader.wakes, native(log).ready], [0, 0]);
  log.append(payload(1));
  log.flush();
  assert.deepEqual([reader.wakes, native(log).ready], [1, log.size]);
});

Deno.test("SubgroupLog wakes each reader once for all that was flushed together, and not for nothing", () => {
  const log = newLog();
  const readers = [follow(log), follow(log), follow(log)];
  for (const id of [0, 1, 2]) write(log, id, 50);
  log.flush();
  log.flush();
  assert.deepEqual(readers.map(({ wakes }) => wakes), [1, 1, 1]);
  log.unfollow(readers[1]!);
  write(log, 3, 50);
  log.end("complete");
  assert.deepEqual(readers.map(({ wakes }) => wakes), [2, 1, 2]);
  log.end("incomplete");
  assert.equal(log.state, "complete");
  assert.equal(readers[0]!.wakes, 2);
});

Deno.test("SubgroupLog lets readers come and go while it wakes them", () => {
  const log = newLog();
  const late = new Reader();
  const first: LogReader = {
    wake: () => {
      log.unfollow(first);
      log.unfollow(second);
      log.follow(late);
    },
    evicted: () => {},
  };
  const second = new Reader();
  log.follow(first);
  log.follow(second);
  write(log, 0, 1);
  log.flush();
  assert.deepEqual([second.wakes, late.wakes], [0, 1]);
});

Deno.test("R-070 SubgroupLog shows the head of a large object in pieces while its tail is on the way", () => {
  const log = newLog();
  write(log, 0, 10);
  log.flush();
  const small = log.size;
  begin(log, 1, NONE, 3 * CUT_THROUGH_BYTES, ObjectStatus.NORMAL, 0);
  const ready: number[] = [];
  for (let sent = 0; sent < 3 * CUT_THROUGH_BYTES; sent += 4_096) {
    log.append(payload(4_096));
    log.flush();
    if (native(log).ready !== ready.at(-1)) ready.push(native(log).ready);
  }
  // The header counts too, so a piece is full a little earlier.
  assert.deepEqual(ready.map((at) => at - small - 4), [-4, 16_384, 32_768, 49_152]);
});

Deno.test("SubgroupLog shows objects of up to CUT_THROUGH_BYTES only when they are whole", () => {
  const log = newLog();
  const length = CUT_THROUGH_BYTES - PREAMBLE.length - 3;
  begin(log, 0, NONE, length, ObjectStatus.NORMAL, 0);
  assert.equal(native(log).nextObjectStart, CUT_THROUGH_BYTES);
  log.append(payload(length - 1));
  log.flush();
  assert.equal(native(log).ready, 0);
  assert.equal(log.isWhole(0), false);
  log.append(payload(1));
  log.flush();
  assert.equal(native(log).ready, CUT_THROUGH_BYTES);
  assert.equal(log.isWhole(0), true);
});

Deno.test("SubgroupLog that ends within an object shows no more of it than was ready", () => {
  const log = newLog();
  write(log, 0, 10);
  const boundary = log.size;
  begin(log, 1, NONE, 100, ObjectStatus.NORMAL, 0);
  log.append(payload(99));
  log.end("incomplete");
  assert.deepEqual([native(log).ready, log.missing, log.state], [boundary, 1, "incomplete"]);
});

Deno.test("SubgroupLog gives readers in the same place the very same view", () => {
  const log = newLog();
  const cursors = Array.from({ length: 5 }, () => new LogCursor(native(log), 0));
  for (const id of [0, 1, 2]) {
    write(log, id, 300);
    log.flush();
    const views = cursors.map((cursor) => cursor.next());
    assert.equal(new Set(views).size, 1);
    for (const cursor of cursors) cursor.advance(views[0]!.length);
    assert.deepEqual(cursors.map((cursor) => cursor.next()), Array(5).fill(undefined));
  }
});

Deno.test("SubgroupLog gives a view again only to who stands in the same place", () => {
  const log = newLog();
  write(log, 0, 300);
  log.flush();
  const whole = new LogCursor(native(log), 0).next()!;
  const rest = new LogCursor(native(log), 10).next()!;
  assert.deepEqual(rest, whole.subarray(10));
  assert.deepEqual(new LogCursor(native(log), 0).next(), whole);
  write(log, 1, 10);
  log.flush();
  assert.ok(new LogCursor(native(log), 0).next()!.length > whole.length);
});

Deno.test("SubgroupLog finds objects by id and by offset", () => {
  const log = newLog();
  for (const id of [3, 4, 9]) write(log, id, 100);
  assert.deepEqual([0, 3, 4, 5, 9, 10].map((id) => log.indexOf(id)), [0, 0, 1, 2, 2, 3]);
  assert.equal(native(log).indexAtOffset(native(log).startOf(0) - 1), -1);
  for (const index of [0, 1, 2]) {
    assert.equal(native(log).indexAtOffset(native(log).startOf(index)), index);
    assert.equal(native(log).indexAtOffset(native(log).endOf(index) - 1), index);
    const { id, payloadStart, payloadLength } = log.objectAt(index);
    assert.deepEqual(
      [...log.views(payloadStart, payloadStart + payloadLength)].flatMap((v) => [...v]),
      [
        ...payload(100, id),
      ],
    );
  }
});

Deno.test("SubgroupLog.objectAt() gives status and properties as they came", () => {
  const log = newLog(true);
  const properties = payload(300);
  begin(log, 0, properties, 2, ObjectStatus.NORMAL, 5);
  log.append(payload(2));
  begin(log, 1, NONE, 0, ObjectStatus.END_OF_GROUP, 6);
  assert.deepEqual(log.objectAt(0).properties, blockOf(properties));
  assert.deepEqual([log.objectAt(1).status, log.objectAt(1).id], [ObjectStatus.END_OF_GROUP, 1]);
  assert.deepEqual([log.timeOf(0), log.timeOf(1)], [5, 6]);
  assert.deepEqual([log.lastId, log.lastNormalId], [1, 0]);
});

Deno.test("SubgroupLog.evictHead() gives up whole pages, their objects and their memory, but not the last", () => {
  const log = newLog();
  const reader = follow(log);
  for (let id = 0; id < 50; id++) write(log, id, 5_000);
  const before = log.bytes;
  const gone = log.headCount!;
  const freed = log.evictHead();
  assert.ok(gone > 0 && freed > gone * OBJECT_OVERHEAD_BYTES);
  assert.equal(log.bytes, before - freed);
  assert.deepEqual([log.count, log.idAt(0), log.givenUpTo], [50 - gone, gone, gone - 1]);
  assert.equal(reader.evictions, 1);
  while (log.evictHead() > 0);
  assert.equal(log.headCount, undefined);
  assert.equal(log.state, "open");
  write(log, 50, 10);
  log.flush();
  assert.equal(log.objectAt(log.count - 1).id, 50);
});

Deno.test("SubgroupLog.evictHead() also gives up an object that is still arriving when its first bytes go", () => {
  const log = newLog();
  const length = 4 * MAX_PAGE_BYTES;
  begin(log, 7, NONE, length, ObjectStatus.NORMAL, 0);
  log.append(payload(3 * MAX_PAGE_BYTES));
  assert.ok(log.evictHead() > 0);
  assert.deepEqual([log.count, log.lastId, log.givenUpTo], [0, 7, 7]);
  log.append(payload(MAX_PAGE_BYTES));
  assert.equal(log.missing, 0);
  write(log, 8, 3);
  assert.deepEqual([log.count, log.idAt(0)], [1, 8]);
});

Deno.test("SubgroupLog.evictAll() ends the log, wakes readers before the bytes go and frees everything", () => {
  const log = newLog();
  const cursor = new LogCursor(native(log), 0);
  const taken: number[] = [];
  const events: string[] = [];
  log.follow({
    wake: () => {
      events.push("wake");
      for (const byte of read(cursor)) taken.push(byte);
    },
    evicted: () => events.push(`evicted, lagged: ${cursor.lagged}`),
  });
  for (let id = 0; id < 30; id++) write(log, id, 5_000);
  assert.equal(log.evictAll(), freedBy(30));
  assert.deepEqual(events, ["wake", "evicted, lagged: false"]);
  assert.deepEqual(decode(Uint8Array.from(taken)), Array.from({ length: 30 }, (_, id) => id));
  assert.deepEqual([log.bytes, log.count, log.state], [0, 0, "incomplete"]);
  assert.equal(log.evictAll(), 0);
});

/** Memory of a log of this many objects of 5000 bytes. */
function freedBy(objects: number): number {
  const log = newLog();
  for (let id = 0; id < objects; id++) write(log, id, 5_000);
  return log.bytes;
}

Deno.test("LogCursor that falls out of the cache says so, and one that keeps up does not", () => {
  const log = newLog();
  const behind = new LogCursor(native(log), 0);
  const ahead = new LogCursor(native(log), 0);
  for (let id = 0; id < 50; id++) write(log, id, 5_000);
  log.flush();
  assert.ok(behind.next() !== undefined);
  read(ahead);
  log.evictHead();
  assert.deepEqual([behind.lagged, ahead.lagged], [true, false]);
  assert.equal(behind.next(), undefined);
  assert.ok(behind.backlog > 0);
  behind.release();
  assert.equal(behind.lagged, true);
  while (log.evictHead() > 0);
  write(log, 50, 7);
  log.flush();
  const view = ahead.next()!;
  assert.equal(view.length, 7 + 2);
});

Deno.test("LogCursor at the tip goes on where the next page begins", () => {
  const log = newLog();
  const cursor = new LogCursor(native(log), 0);
  const all: number[] = [];
  for (let id = 0; id < 400; id++) {
    write(log, id, 900);
    log.flush();
    for (const byte of read(cursor)) all.push(byte);
    assert.deepEqual([cursor.backlog, cursor.lagged], [0, false]);
  }
  assert.deepEqual(decode(Uint8Array.from(all)).length, 400);
});

Deno.test("SubgroupLog is incomplete when the last stream that brings it breaks off", () => {
  const log = newLog();
  log.attach();
  log.attach();
  write(log, 0, 10);
  log.detach();
  assert.deepEqual([log.state, native(log).ready], ["open", log.size]);
  log.detach();
  assert.equal(log.state, "incomplete");
});
