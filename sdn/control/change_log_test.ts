import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { ChangeLog, type ChangeLogLimits, type LogPlace } from "./change_log.ts";
import { BATCH_LENGTH } from "./limits.ts";
import { Wakeups } from "./wakeups.ts";

const entry = (revision: number, bytes = 1) => ({ revision, bytes, events: [] });
const LIMITS = { entries: 3, bytes: 100 };
const SCOPE = { graph: true, announces: false, flows: false, access: false, routes: [] };

function changeLog(revision: number, limits: ChangeLogLimits): ChangeLog {
  return new ChangeLog(revision, limits, new Wakeups(new ManualClock()));
}

function place(revision: number): LogPlace {
  return { revision, events: 0 };
}

Deno.test("what comes after a revision is given until that is too long ago", () => {
  const log = changeLog(10, LIMITS);
  assert.ok(log.reaches(10));
  for (let revision = 11; revision <= 20; revision++) log.push(entry(revision));
  const after = [16, 17, 19, 20].map((one) => log.after(place(one), SCOPE)?.place.revision);
  assert.deepEqual(after, [undefined, 20, 20, 20]);
  assert.deepEqual([16, 17, 20, 21].map((one) => log.reaches(one)), [false, true, true, false]);
});

Deno.test("what is kept is bounded in bytes, whatever its number, and the newest is always kept", () => {
  const log = changeLog(0, { entries: 1000, bytes: 100 });
  for (let revision = 1; revision <= 50; revision++) log.push(entry(revision, 30));
  assert.equal(log.bytes, 90);
  assert.deepEqual([log.reaches(47), log.reaches(46)], [true, false]);
  log.push(entry(51, 5000));
  assert.equal(log.bytes, 5000);
  assert.deepEqual([log.reaches(50), log.reaches(49)], [true, false]);
  log.push(entry(52, 1));
  assert.equal(log.bytes, 1);
});

Deno.test("after() gives all who are at one place one list, of what they follow and no longer than a write", () => {
  const log = changeLog(0, { entries: 1000, bytes: 1e9 });
  const said = (id: number, scope: "graph" | "announces", length: number) => {
    return { id, event: "e", data: "x".repeat(length), scopes: [scope] };
  };
  const long = BATCH_LENGTH - 5;
  log.push({ revision: 1, bytes: 1, events: [said(1, "graph", 5), said(1, "announces", 5)] });
  log.push({
    revision: 2,
    bytes: 1,
    events: [said(2, "graph", 5), said(2, "graph", long), said(2, "graph", 2 * BATCH_LENGTH)],
  });
  const lengths: number[][] = [];
  for (let at = place(0); at.revision < 2;) {
    const batch = log.after(at, SCOPE)!;
    assert.equal(log.after({ ...at }, { ...SCOPE, routes: ["a"] }), batch);
    lengths.push(batch.events.map(({ data }) => data.length));
    at = batch.place;
  }
  assert.deepEqual(lengths, [[5, 5], [long], [2 * BATCH_LENGTH]]);
});

Deno.test("push() refuses a revision out of order", () => {
  const log = changeLog(0, LIMITS);
  assert.throws(() => log.push(entry(2)), /revision 2 after 0/);
});

Deno.test("beyond() waits for news, the end or the signal", async () => {
  const log = changeLog(0, LIMITS);
  const stop = new AbortController();
  const order: string[] = [];
  const waits = [
    log.beyond(0, stop.signal).then(() => order.push("news")),
    log.beyond(1, stop.signal).then(() => order.push("signal")),
  ];
  log.push(entry(1));
  await waits[0];
  assert.deepEqual(order, ["news"]);
  const later = log.beyond(1, stop.signal).then(() => order.push("too"));
  stop.abort();
  await Promise.all([...waits, later]);
  assert.deepEqual(order, ["news", "signal", "too"]);
  const last = log.beyond(1, new AbortController().signal);
  log.close();
  await last;
  await log.beyond(1, new AbortController().signal);
});
