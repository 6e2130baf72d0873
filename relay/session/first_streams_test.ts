import assert from "node:assert/strict";
import { PeekedStream } from "./first_streams.ts";
import type { ReceiveStream } from "../transport/types.ts";

/** A stream that brings these parts, each when it is asked for. */
function streamOf(...parts: readonly (readonly number[])[]): ReceiveStream {
  const left = [...parts];
  return {
    read(into) {
      const part = left.shift();
      if (part === undefined) return Promise.resolve(undefined);
      into.set(part);
      return Promise.resolve(into.subarray(0, part.length));
    },
    stop() {},
  };
}

Deno.test("a reader that keeps bytes gets those that were looked at behind the ones that it has", async () => {
  const stream = new PeekedStream(streamOf([1, 2, 3], [4, 5, 6]));
  await stream.peek(6);
  const first = (await stream.read(new Uint8Array(4)))!;
  assert.deepEqual([...first], [1, 2, 3, 4]);
  // As a buffer does: what is unread of it stays where it is.
  const memory = new Uint8Array(first.buffer.transfer(8));
  const next = (await stream.read(memory.subarray(4)))!;
  assert.equal(next.byteOffset, 4);
  assert.deepEqual([...new Uint8Array(next.buffer, 0, 6)], [1, 2, 3, 4, 5, 6]);
  assert.equal(await stream.read(new Uint8Array(1)), undefined);
});
