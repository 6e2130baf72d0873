import assert from "node:assert/strict";
import { ChangeLog } from "./change_log.ts";

const entry = (revision: number, bytes = 1) => ({ revision, bytes, events: [] });
const LIMITS = { entries: 3, bytes: 100 };

Deno.test("at() gives each entry, until it is too long ago", () => {
  const log = new ChangeLog(10, LIMITS);
  assert.ok(log.reaches(10));
  for (let revision = 11; revision <= 20; revision++) log.push(entry(revision));
  assert.deepEqual([17, 18, 20, 21].map((one) => log.at(one)?.revision), [
    undefined,
    18,
    20,
    undefined,
  ]);
  assert.deepEqual([16, 17, 20, 21].map((one) => log.reaches(one)), [false, true, true, false]);
});

Deno.test("what is kept is bounded in bytes, whatever its number, and the newest is always kept", () => {
  const log = new ChangeLog(0, { entries: 1000, bytes: 100 });
  for (let revision = 1; revision <= 50; revision++) log.push(entry(revision, 30));
  assert.equal(log.bytes, 90);
  assert.deepEqual([log.reaches(47), log.reaches(46)], [true, false]);
  log.push(entry(51, 5000));
  assert.equal(log.bytes, 5000);
  assert.deepEqual([log.at(51)?.bytes, log.at(50)], [5000, undefined]);
  log.push(entry(52, 1));
  assert.equal(log.bytes, 1);
});

Deno.test("push() refuses a revision out of order", () => {
  const log = new ChangeLog(0, LIMITS);
  assert.throws(() => log.push(entry(2)), /revision 2 after 0/);
});

Deno.test("beyond() waits for news, the end or the signal", async () => {
  const log = new ChangeLog(0, LIMITS);
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
