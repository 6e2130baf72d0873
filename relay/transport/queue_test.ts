import assert from "node:assert/strict";
import { Queue } from "./queue.ts";

Deno.test("Queue keeps the order of items and of those who wait", async () => {
  const queue = new Queue<number>(2);
  const first = queue.take();
  const second = queue.take();
  for (const item of [1, 2, 3]) assert(queue.push(item));
  assert.deepEqual(await Promise.all([first, second, queue.take()]), [1, 2, 3]);
});

Deno.test("Queue refuses what is over its limit", () => {
  const queue = new Queue<number>(2);
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
});

Deno.test("Queue lets everybody go when it closes, and gives back what was left", async () => {
  const empty = new Queue<number>(2);
  const waiting = empty.take();
  assert.deepEqual(empty.close(), []);
  assert.equal(await waiting, undefined);
  const full = new Queue<number>(2);
  full.push(1);
  assert.deepEqual(full.close(), [1]);
  assert.equal(await full.take(), undefined);
  assert.equal(full.push(2), false);
});
