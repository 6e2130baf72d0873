import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { messageBytes } from "../../../tests/support/encoders/rtmp_bytes.ts";
import { ChunkReader, type RtmpMessage } from "./chunk_reader.ts";
import { RtmpError } from "./errors.ts";
import { FIRST_MESSAGE_BYTES, MAX_CHUNK_STREAMS, MAX_COMMAND_BYTES } from "./limits.ts";

const payloadOf = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251);

/** What is read of bytes that come so many at a time. */
function read(bytes: Uint8Array, step = bytes.length, reader = new ChunkReader()): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    messages.push(...reader.push(bytes.subarray(at, at + step)));
  }
  return messages;
}

Deno.test("ChunkReader puts the chunks of a message together however they come", () => {
  const payload = payloadOf(1_000);
  const bytes = joinBytes([
    messageBytes({ type: 9, payload, timestamp: 40 }),
    messageBytes({ type: 8, payload: payloadOf(3), timestamp: 0x1234567 }),
    messageBytes({ type: 8, payload: payloadOf(0), timestamp: 50 }),
  ]);
  for (const step of [1, 2, 3, 11, 12, 129, 500, bytes.length]) {
    const [first, second, third, ...others] = read(bytes, step);
    assert.deepEqual(first, { type: 9, stream: 1, timestamp: 40, payload });
    assert.deepEqual([second?.timestamp, second?.payload], [0x1234567, payloadOf(3)]);
    assert.deepEqual([third?.timestamp, third?.payload.length], [50, 0]);
    assert.equal(others.length, 0);
  }
});

Deno.test("ChunkReader reads messages in turns, with what their headers leave out", () => {
  const one = messageBytes({ type: 9, payload: payloadOf(200), timestamp: 100, chunks: 6 });
  const other = messageBytes({ type: 8, payload: payloadOf(5), timestamp: 90, chunks: 5 });
  const later = Uint8Array.of(0x40 | 5, 0, 0, 20, 0, 0, 2, 8, 1, 2, 0xc0 | 5, 3, 4);
  const messages = read(joinBytes([one.subarray(0, 140), other, later, one.subarray(140)]));
  assert.deepEqual(
    messages.map(({ type, timestamp, payload }) => [type, timestamp, payload.length]),
    [[8, 90, 5], [8, 110, 2], [8, 130, 2], [9, 100, 200]],
  );
  const aborted = messageBytes({ type: 2, payload: Uint8Array.of(0, 0, 0, 6), chunks: 2 });
  const anew = read(joinBytes([one.subarray(0, 140), aborted, one]));
  assert.deepEqual(anew.map(({ payload }) => payload.length), [200]);
});

Deno.test("ChunkReader reads chunks of the size that the peer says", () => {
  const size = messageBytes({ type: 1, payload: Uint8Array.of(0, 0, 16, 0), chunks: 2 });
  const payload = payloadOf(5_000);
  const messages = read(joinBytes([size, messageBytes({ type: 9, payload }, 4_096)]));
  assert.deepEqual(messages.map(({ payload }) => payload), [payload]);
});

Deno.test("ChunkReader refuses what is above its limits, or no chunk", () => {
  const head = (length: number, chunks = 4) =>
    messageBytes({ type: 9, payload: payloadOf(length), chunks }, length + 1);
  assert.throws(() => read(head(MAX_COMMAND_BYTES + 1).subarray(0, 12)), RtmpError);
  const raised = new ChunkReader();
  raised.maxMessageBytes = MAX_COMMAND_BYTES + 1;
  assert.deepEqual(read(head(MAX_COMMAND_BYTES + 1).subarray(0, 12), 12, raised), []);
  const streams = Array.from({ length: MAX_CHUNK_STREAMS + 1 }, (_, at) => head(1, at + 3));
  assert.equal(read(joinBytes(streams.slice(1))).length, MAX_CHUNK_STREAMS);
  assert.throws(() => read(joinBytes(streams)), RtmpError);
  assert.throws(() => read(Uint8Array.of(0xc4, 0)), RtmpError, "nothing was said before");
  const none = messageBytes({ type: 1, payload: Uint8Array.of(0, 0, 0, 0), chunks: 2 });
  assert.throws(() => read(none), RtmpError, "chunks of no bytes");
});

Deno.test("ChunkReader keeps no more of all messages in progress than of one of the greatest size", () => {
  const reader = new ChunkReader();
  const max = reader.maxMessageBytes;
  // Each lacks its last chunk.
  const part = (chunks: number) =>
    messageBytes({ type: 9, payload: payloadOf(max), chunks }).subarray(0, -129);
  reader.push(part(4));
  const kept = FIRST_MESSAGE_BYTES * MAX_CHUNK_STREAMS;
  assert.throws(() => {
    for (let count = 0; count * max < kept + max; count++) reader.push(part(5 + count));
  }, /in progress have more than/);
  const other = new ChunkReader();
  for (let count = 0; count < 100; count++) {
    const whole = messageBytes({ type: 9, payload: payloadOf(max), chunks: 4 + count % 10 });
    assert.equal(other.push(whole).length, 1);
  }
});
