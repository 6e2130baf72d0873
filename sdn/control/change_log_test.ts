import assert from "node:assert/strict";
import { Feed } from "./change_log.ts";

const entry = (revision: number, bytes = 1) => ({ revision, bytes });
const LIMITS = { entries: 3, bytes: 100 };

Deno.test("at() gives each entry, until it is too long ago", () => {
  const feed = new Feed(10, LIMITS);
  assert.ok(feed.reaches(10));
  for (let revision = 11; revision <= 20; revision++) feed.push(entry(revision));
  assert.deepEqual([17, 18, 20, 21].map((one) => feed.at(one)?.revision), [
    undefined,
    18,
    20,
    undefined,
  ]);
  assert.deepEqual([16, 17, 20, 21].map((one) => feed.reaches(one)), [false, true, true, false]);
});

Deno.test("what is kept is bounded in bytes, whatever its number, and the newest is always kept", () => {
  const feed = new Feed(0, { entries: 1000, bytes: 100 });
  for (let revision = 1; revision <= 50; revision++) feed.push(entry(revision, 30));
  assert.equal(feed.bytes, 90);
  assert.deepEqual([feed.reaches(47), feed.reaches(46)], [true, false]);
  feed.push(entry(51, 5000));
  assert.equal(feed.bytes, 5000);
  assert.deepEqual([feed.at(51)?.bytes, feed.at(50)], [5000, undefined]);
  feed.push(entry(52, 1));
  assert.equal(feed.bytes, 1);
});

Deno.test("push() refuses a revision out of order", () => {
  const feed = new Feed(0, LIMITS);
  assert.throws(() => feed.push(entry(2)), /revision 2 after 0/);
});

Deno.test("beyond() waits for news, the end or the signal", async () => {
  const feed = new Feed(0, LIMITS);
  const stop = new AbortController();
  const order: string[] = [];
  const waits = [
    feed.beyond(0, stop.signal).then(() => order.push("news")),
    feed.beyond(1, stop.signal).then(() => order.push("signal")),
  ];
  feed.push(entry(1));
  await waits[0];
  assert.deepEqual(order, ["news"]);
  const later = feed.beyond(1, stop.signal).then(() => order.push("too"));
  stop.abort();
  await Promise.all([...waits, later]);
  assert.deepEqual(order, ["news", "signal", "too"]);
  const last = feed.beyond(1, new AbortController().signal);
  feed.close();
  await last;
  await feed.beyond(1, new AbortController().signal);
});
