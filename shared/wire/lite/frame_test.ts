import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../errors.ts";
import { SHORT } from "../varint_end.ts";
import { MAX_FRAME_HEADER_BYTES } from "./limits.ts";
import { decodeLiteDatagram, encodeDatagramHeader, encodeDatagramRest } from "./datagram.ts";
import {
  FrameDecoder,
  type FrameForm,
  FrameWriter,
  MAX_TIMESTAMP,
  plainFrames,
  timedFrames,
  unzigzag,
  zigzag,
} from "./frame.ts";

interface Frame {
  readonly timestamp: bigint;
  readonly length: number;
}

function write(form: FrameForm, frames: readonly Frame[]): string {
  const writer = new FrameWriter(form);
  return frames.map(({ timestamp, length }) => {
    const bytes = new Uint8Array(writer.sizeOf(timestamp, length));
    assert.equal(writer.write(bytes, 0, timestamp, length), bytes.length);
    return bytes.toHex();
  }).join(" ");
}

const SERIES: readonly (readonly [FrameForm, string, readonly Frame[]])[] = [
  [plainFrames, "02 00 4040", [
    { timestamp: 0n, length: 2 },
    { timestamp: 0n, length: 0 },
    { timestamp: 0n, length: 64 },
  ]],
  [timedFrames, "47d002 404202", [
    { timestamp: 1000n, length: 2 },
    { timestamp: 1033n, length: 2 },
  ]],
];

for (const [form, hex, frames] of SERIES) {
  const wanted = hex.split(" ");

  Deno.test(`${form.name}: frames are written from the text's layout`, () => {
    assert.equal(write(form, frames), wanted.join(" "));
  });

  Deno.test(`${form.name}: frames are read as they were written, and cut ones wait for more`, () => {
    const decoder = new FrameDecoder(form);
    wanted.forEach((header, index) => {
      const bytes = Uint8Array.fromHex(header);
      for (let end = 0; end < bytes.length; end++) {
        assert.equal(decoder.decode(bytes, 0, end), SHORT);
      }
      assert.equal(decoder.decode(bytes, 0, bytes.length), bytes.length);
      assert.equal(decoder.timestamp, frames[index]!.timestamp);
      assert.equal(decoder.payloadLength, frames[index]!.length);
    });
  });
}

Deno.test("a timestamp may go back, by the text's zigzag", () => {
  for (const [value, written] of [[0n, 0n], [-1n, 1n], [1n, 2n], [-2n, 3n], [2n, 4n]] as const) {
    assert.equal(zigzag(value), written);
    assert.equal(unzigzag(written), value);
  }
  const frames = [{ timestamp: 5n, length: 1 }, { timestamp: 2n, length: 1 }];
  assert.equal(write(timedFrames, frames), "0a01 0501");
});

Deno.test("a timestamp below 0 or above the limit is refused, and a length above 2^53-1", () => {
  const decode = (hex: string) => {
    const bytes = Uint8Array.fromHex(hex);
    return () => new FrameDecoder(timedFrames).decode(bytes, 0, bytes.length);
  };
  assert.throws(decode("0101"), DecodeError);
  assert.throws(decode("00ffffffffffffffff"), DecodeError);
  const decoder = new FrameDecoder(timedFrames);
  const most = Uint8Array.fromHex("fffffffffffffffe00");
  decoder.decode(most, 0, most.length);
  assert.equal(decoder.timestamp, MAX_TIMESTAMP);
  assert.ok(most.length <= MAX_FRAME_HEADER_BYTES);
  assert.throws(() => decoder.decode(most, 0, most.length), DecodeError);
});

Deno.test("a timestamp that not every frame can step to is not written", () => {
  const writer = new FrameWriter(timedFrames);
  assert.throws(() => writer.sizeOf(MAX_TIMESTAMP + 1n, 0), EncodeError);
  assert.throws(() => writer.sizeOf(-1n, 0), EncodeError);
});

Deno.test("a datagram is a group of one frame, with an absolute timestamp", () => {
  const payload = new TextEncoder().encode("hi");
  const datagram = { subscription: 0n, group: 7n, timestamp: 1000n, payload };
  assert.equal(encodeDatagramHeader(64n).toHex(), "4040");
  assert.equal(encodeDatagramRest(datagram).toHex(), "0743e86869");
  const bytes = Uint8Array.fromHex("000743e86869");
  assert.deepEqual(decodeLiteDatagram(bytes), datagram);
  for (let length = 0; length < 4; length++) {
    assert.throws(() => decodeLiteDatagram(bytes.subarray(0, length)), DecodeError);
  }
});

Deno.test("a datagram above 1,200 bytes is refused", () => {
  assert.equal(decodeLiteDatagram(new Uint8Array(1200)).payload.length, 1197);
  assert.throws(() => decodeLiteDatagram(new Uint8Array(1201)), DecodeError);
});
