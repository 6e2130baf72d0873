import assert from "node:assert/strict";
import { OutputQueue } from "./output_queue.ts";

Deno.test("OutputQueue writes in order, and closes behind the last", async () => {
  const events: string[] = [];
  const queue = new OutputQueue({
    async write(bytes) {
      await Promise.resolve();
      events.push(String(bytes[0]));
    },
    close: () => void events.push("closed"),
  }, 100);
  for (const byte of [1, 2, 3]) assert.ok(queue.write(Uint8Array.of(byte)));
  await queue.close();
  assert.deepEqual(events, ["1", "2", "3", "closed"]);
});

Deno.test("OutputQueue leaves out what nobody reads, up to its limit", async () => {
  const reads = Promise.withResolvers<void>();
  const written: number[] = [];
  const queue = new OutputQueue({
    async write(bytes) {
      await reads.promise;
      written.push(bytes.length);
    },
    close: () => {},
  }, 10);
  assert.deepEqual([6, 4, 1].map((size) => queue.write(new Uint8Array(size))), [true, true, false]);
  reads.resolve();
  await queue.close();
  assert.deepEqual(written, [6, 4]);
  assert.ok(queue.write(Uint8Array.of(1)));
});

Deno.test("OutputQueue says that nobody reads any more", async () => {
  const queue = new OutputQueue({
    write: () => Promise.reject(new Error("Broken pipe")),
    close: () => {},
  }, 10);
  queue.write(Uint8Array.of(1));
  assert.equal(await queue.broken, "Broken pipe");
  assert.equal(queue.write(Uint8Array.of(2)), false);
});
