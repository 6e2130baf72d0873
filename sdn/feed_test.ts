import assert from "node:assert/strict";
import { Feed } from "./feed.ts";

const entry = (revision: number) => ({ revision });

Deno.test("after() gives what came after a revision, until that is too long ago", () => {
  const feed = new Feed<{ revision: number }>(10, 3);
  assert.deepEqual(feed.after(10), []);
  for (let revision = 11; revision <= 20; revision++) feed.push(entry(revision));
  assert.deepEqual(feed.after(18), [entry(19), entry(20)]);
  assert.deepEqual(feed.after(17), [entry(18), entry(19), entry(20)]);
  assert.equal(feed.after(9), undefined);
  assert.equal(feed.after(21), undefined);
});

Deno.test("push() refuses a revision out of order", () => {
  const feed = new Feed<{ revision: number }>(0, 3);
  assert.throws(() => feed.push(entry(2)), /revision 2 after 0/);
});

Deno.test("beyond() waits for news, the end or the signal", async () => {
  const feed = new Feed<{ revision: number }>(0, 3);
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
