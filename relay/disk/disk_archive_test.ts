import assert from "node:assert/strict";
import {
  DiskWorld,
  groupOf,
  MemoryFiles,
  smallGroup,
} from "../../tests/support/worlds/disk_world.ts";
import { nameOf } from "../../tests/support/worlds/track_model.ts";
import { readingWith } from "../../tests/support/worlds/relay_reading.ts";
import { scraper } from "@qumo/shared/metrics";
import { countsOf } from "../counts.ts";
import { RelayMetrics } from "../metrics.ts";
import { diskFamilies } from "../ops/disk_families.ts";
import { openFolder } from "./deno_files.ts";
import { DISK_PAUSE_MS, MAX_DISK_QUEUE_BYTES, MAX_DISK_READS, MAX_DISK_TRACKS } from "./limits.ts";

const MIB = 2 ** 20;

/** Keeps small groups of these ids, and writes them. */
async function keep(world: DiskWorld, ids: readonly number[], source = "a"): Promise<void> {
  const recorder = world.record(BigInt(ids[0]!), source);
  for (const id of ids) recorder.keep(smallGroup(id), undefined, undefined);
  await world.archive.settled();
}

/** Keeps groups of 200 KiB, one second apart. */
async function keepLarge(world: DiskWorld, count: number): Promise<void> {
  const recorder = world.record();
  for (let id = 0; id < count; id++) {
    recorder.keep(groupOf(id, [200 * 1024]), undefined, undefined);
    await world.archive.settled();
    await world.clock.advance(1_000);
  }
}

Deno.test("DiskArchive gives groups as they were kept, now and after it was closed or killed", async () => {
  for (const end of ["closed", "killed"]) {
    const files = new MemoryFiles();
    const world = await new DiskWorld(files).open();
    await keep(world, [0, 1, 2, 5]);
    assert.deepEqual(await world.readable(), [0, 1, 2, 5]);
    if (end === "closed") await world.archive.close();
    const next = await new DiskWorld(files, world.clock).open();
    assert.deepEqual(await next.readable(), [0, 1, 2, 5]);
    assert.deepEqual(next.kept!.largest, { group: 5n, object: 1n });
    assert.equal(next.kept!.nearest(4n, "descending")!.group, 2n);
    assert.deepEqual(next.complaints, []);
  }
});

Deno.test("DiskArchive finds the whole groups of a file that was cut at any byte, and no other", async () => {
  for (const isFinished of [false, true]) {
    const files = new MemoryFiles();
    const world = await new DiskWorld(files).open();
    await keep(world, [0, 1, 2]);
    if (isFinished) await world.archive.close();
    const [[name, bytes]] = [...files] as [[string, Uint8Array<ArrayBuffer>]];
    let most = 0;
    for (let size = 0; size <= bytes.length; size++) {
      const cut = new MemoryFiles([[name, bytes.slice(0, size)]]);
      const next = await new DiskWorld(cut, world.clock).open();
      const { groups } = next;
      const readable = await next.readable();
      assert.deepEqual(readable, [0, 1, 2].slice(0, readable.length), `cut at ${size}`);
      assert.ok(readable.length >= most, `cut at ${size}`);
      assert.deepEqual(groups, readable, `cut at ${size}`);
      most = readable.length;
      // What comes later is kept beside it.
      await keep(next, [7], "b");
      assert.deepEqual(await next.readable(), [...readable, 7]);
    }
    assert.equal(most, 3);
  }
});

Deno.test("DiskArchive gives nothing of a group in which any bit is wrong", async () => {
  const files = new MemoryFiles();
  const world = await new DiskWorld(files).open();
  await keep(world, [0, 1, 2]);
  const [[name, bytes]] = [...files] as [[string, Uint8Array<ArrayBuffer>]];
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1 << (at % 8);
    const changed = new MemoryFiles([[name, damaged]]);
    const next = await new DiskWorld(changed, world.clock).open();
    // It throws for a group that is not what it was.
    assert.ok((await next.readable()).length < 3, `byte ${at}`);
  }
});

Deno.test("DiskArchive counts a damaged group, says so once, and gives the others", async () => {
  const files = new MemoryFiles();
  const world = await new DiskWorld(files).open();
  await keep(world, [0, 1, 2]);
  const [bytes] = [...files.values()];
  bytes![bytes!.length - 1]! ^= 1;
  assert.deepEqual(await world.readable(), [0, 1]);
  assert.deepEqual(await world.readable(), [0, 1]);
  assert.equal(world.counts.reads.damaged, 1);
  assert.equal(world.complaints.length, 1);
});

Deno.test("DiskArchive stops when the disk is full, says so once, and goes on when there is room", async () => {
  const files = new MemoryFiles();
  const world = await new DiskWorld(files).open();
  await keep(world, [0, 1]);
  files.room = 50;
  const recorder = world.record(2n);
  for (const id of [2, 3]) recorder.keep(smallGroup(id), undefined, undefined);
  await world.archive.settled();
  recorder.keep(smallGroup(4), undefined, undefined);
  assert.equal(world.counts.writesFailed, 1);
  assert.equal(world.counts.dropped.failed, 3);
  assert.deepEqual(world.complaints, [
    "error: cannot write to disk: groups are not kept until it works again",
  ]);
  assert.deepEqual(await world.readable(), [0, 1]);
  await world.clock.advance(DISK_PAUSE_MS);
  recorder.keep(smallGroup(5), undefined, undefined);
  await world.archive.settled();
  assert.equal(world.counts.writesFailed, 2);
  files.room = Infinity;
  await world.clock.advance(DISK_PAUSE_MS);
  recorder.keep(smallGroup(6), undefined, undefined);
  await world.archive.settled();
  assert.deepEqual(await world.readable(), [0, 1, 6]);
  assert.equal(world.written.lines.at(-1)!.text, "info: groups are kept on disk again");
  const next = await new DiskWorld(files, world.clock).open();
  assert.deepEqual(await next.readable(), [0, 1, 6]);
});

Deno.test("DiskArchive deletes whole segments, the oldest first, at each of its limits", async () => {
  const limits = [
    [{ maxBytes: 4 * MIB }, "bytes"],
    [{ maxTrackBytes: 4 * MIB }, "track_bytes"],
  ] as const;
  for (const [settings, reason] of limits) {
    const files = new MemoryFiles();
    const world = await new DiskWorld(files).open(settings);
    await keepLarge(world, 40);
    const { groups, counts } = world;
    assert.equal(groups.at(-1), 39);
    assert.ok(groups.length >= 14 && groups.length <= 20, `${groups.length} groups`);
    assert.equal(groups.at(-1)! - groups[0]! + 1, groups.length);
    assert.ok(counts.deleted[reason] > 0);
    let bytes = 0;
    for (const content of files.values()) bytes += content.length;
    assert.equal(bytes, world.counts.kept.bytes);
    assert.ok(bytes <= 4 * MIB);
    assert.equal(groups.length, world.counts.kept.groups);
  }
  const world = await new DiskWorld(new MemoryFiles()).open({ maxAgeMs: 16_000 });
  await keepLarge(world, 40);
  assert.ok(world.groups.length >= 15 && world.groups.length <= 18, `${world.groups}`);
  assert.ok(world.counts.deleted.age > 0);
  await world.clock.advance(20_000);
  await world.archive.settled();
  assert.deepEqual(world.groups, []);
  assert.equal(world.counts.kept.bytes, 0);
});

Deno.test("DiskArchive keeps no group that is too large, nor more than may wait", async () => {
  const world = await new DiskWorld(new MemoryFiles()).open({
    maxBytes: 8 * MAX_DISK_QUEUE_BYTES,
    maxTrackBytes: 2 * MIB,
  });
  const recorder = world.record();
  recorder.keep(groupOf(0, [MIB]), undefined, undefined);
  assert.equal(world.counts.dropped.too_large, 1);
  const size = 1_000 * 1_000;
  for (let id = 1; id <= 80; id++) recorder.keep(groupOf(id, [size]), undefined, undefined);
  const fits = Math.floor(MAX_DISK_QUEUE_BYTES / size);
  assert.ok(Math.abs(world.counts.dropped.queue_full - (80 - fits)) <= 1);
  assert.ok(world.archive.waitingBytes <= MAX_DISK_QUEUE_BYTES);
  assert.equal(world.complaints.length, 2);
  await world.archive.settled();
  assert.equal(world.archive.waitingBytes, 0);
});

Deno.test("DiskArchive keeps so many tracks, and so many files", async () => {
  const world = await new DiskWorld(new MemoryFiles()).open({ maxSegments: 3 });
  for (let track = 0; track <= MAX_DISK_TRACKS; track++) {
    const recorder = world.archive.recorderOf("/", nameOf("studio", `${track}`))!;
    recorder.begin(0n, "a");
    const isKept = track < 5 || track === MAX_DISK_TRACKS;
    if (isKept) recorder.keep(smallGroup(0), undefined, undefined);
  }
  await world.archive.settled();
  assert.equal(world.counts.dropped.too_many_tracks, 1);
  assert.equal(world.counts.kept.segments, 3);
  assert.equal(world.counts.deleted.count, 2);
  assert.equal(world.counts.kept.tracks, MAX_DISK_TRACKS);
});

Deno.test("DiskArchive gives nothing that is too old for its publisher, that cannot be read, or while it is busy", async () => {
  const files = new MemoryFiles();
  const world = await new DiskWorld(files).open();
  const recorder = world.record();
  recorder.keep(smallGroup(0), undefined, 5_000);
  await world.archive.settled();
  const reading = Array.from({ length: MAX_DISK_READS + 1 }, () => world.kept!.read(0n));
  const read = await Promise.all(reading);
  assert.equal(read.filter((group) => group === undefined).length, 1);
  assert.equal(world.counts.reads.busy, 1);
  files.open = () => Promise.reject(new Error("input/output error"));
  assert.equal(await world.kept!.read(0n), undefined);
  assert.equal(world.counts.reads.failed, 1);
  files.open = MemoryFiles.prototype.open;
  await world.clock.advance(5_001);
  assert.equal(await world.kept!.read(0n), undefined);
  assert.equal(world.counts.reads.expired, 1);
});

Deno.test("what is kept on disk, and what is not, is in the metrics", async () => {
  const world = await new DiskWorld(new MemoryFiles()).open();
  await keep(world, [0, 1, 2]);
  await keep(world, [0], "b");
  const metrics = new RelayMetrics();
  Object.assign(metrics.disk, world.counts, { writesFailed: 1 });
  const reading = readingWith({ counts: countsOf(metrics) });
  const { text } = await scraper({
    families: diskFamilies,
    read: () => Promise.resolve(reading),
  })();
  assert.match(text, /^qumo_relay_disk_bytes [1-9]/m);
  assert.match(text, /^qumo_relay_disk_groups 1$/m);
  assert.match(text, /^qumo_relay_disk_segments 1$/m);
  assert.match(text, /^qumo_relay_disk_tracks 1$/m);
  assert.match(text, /^qumo_relay_disk_written_groups_total 4$/m);
  assert.match(text, /^qumo_relay_disk_written_bytes_total [1-9]/m);
  assert.match(text, /^qumo_relay_disk_write_failures_total 1$/m);
  assert.match(text, /^qumo_relay_disk_segments_deleted_total\{reason="replaced"\} 1$/m);
});

Deno.test("a publisher that numbers its groups anew replaces what is kept under the name", async () => {
  const cases: [first: number, source: string, kept: number[]][] = [
    [0, "b", [0]],
    [3, "b", [3]],
    [4, "b", [0, 1, 2, 3, 4]],
    [9, "b", [0, 1, 2, 3, 9]],
    [3, "a", [0, 1, 2, 3]],
  ];
  for (const [first, source, kept] of cases) {
    for (const isRestarted of [false, true]) {
      const files = new MemoryFiles();
      let world = await new DiskWorld(files).open();
      await keep(world, [0, 1, 2, 3]);
      if (isRestarted) world = await new DiskWorld(files, world.clock).open();
      const recorder = world.record(BigInt(first), source);
      const what = `${source} from ${first}, restarted: ${isRestarted}`;
      // At once, before anything is written.
      assert.deepEqual(world.groups, kept.length === 1 ? [] : [0, 1, 2, 3], what);
      recorder.keep(smallGroup(first), undefined, undefined);
      await world.archive.settled();
      assert.deepEqual(await world.readable(), kept, what);
      const next = await new DiskWorld(files, world.clock).open();
      assert.deepEqual(await next.readable(), kept, what);
    }
  }
});

Deno.test("a track that another publisher took over is not continued, and its late groups are dropped", async () => {
  const world = await new DiskWorld(new MemoryFiles()).open();
  const old = world.record();
  for (const id of [0, 1, 2]) old.keep(smallGroup(id), undefined, undefined);
  await world.archive.settled();
  old.ended({ kind: "replaced", reason: "" });
  const next = world.record(8n, "b");
  assert.deepEqual(world.groups, []);
  old.keep(smallGroup(3), undefined, undefined);
  next.keep(smallGroup(8), undefined, undefined);
  await world.archive.settled();
  assert.deepEqual(await world.readable(), [8]);
});

Deno.test("DiskArchive works in a folder of the machine, and leaves other files alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
    const world = await new DiskWorld(await openFolder(`${folder}`)).open();
    await keep(world, [0, 1, 2]);
    assert.deepEqual(await world.readable(), [0, 1, 2]);
    await assert.rejects(openFolder(folder), /another relay keeps its groups there/);
    await world.archive.close();
    const next = await new DiskWorld(await openFolder(folder), world.clock).open();
    await keep(next, [0], "b");
    assert.deepEqual(await next.readable(), [0]);
    await next.archive.close();
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.deepEqual(names.toSorted(), [".lock", "000000000002.segment", "notes.txt"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
