import assert from "node:assert/strict";
import { hex } from "../../../tests/support/peers/http3.ts";
import type { ReceiveStream } from "../types.ts";
import { StreamReader } from "./stream_reader.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { FrameGuard } from "./frame_guard.ts";
import { encodeFrame, FrameReader, FrameType, integerPayload } from "./frames.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";

Deno.test("encodeFrame() and FrameReader agree, however the bytes are cut", async () => {
  const bytes = hex("01 02 6162 00 00 4040 03 010203 00 01 63");
  for (let size = 1; size <= bytes.length; size++) {
    const frames = reader(bytes, size);
    assert.equal(await frames.next(), FrameType.headers);
    assert.equal(frames.left, 2n);
    assert.deepEqual(await frames.payload(2), hex("6162"));
    assert.equal(await frames.next(), FrameType.data);
    assert.equal(await frames.chunk(), undefined);
    assert.equal(await frames.next(), 0x40n);
    // Whatever is not read of a frame is skipped.
    assert.equal((await frames.chunk())?.[0], 1);
    assert.equal(await frames.next(), FrameType.data);
    assert.deepEqual(await frames.payload(1), hex("63"));
    assert.equal(await frames.next(), undefined);
    assert.equal(await frames.next(), undefined);
  }
  assert.deepEqual(encodeFrame(FrameType.headers, hex("6162")), hex("01 02 6162"));
});

Deno.test("FrameReader goes on from a type that was read already", async () => {
  const frames = new FrameReader(new StreamReader(stream(hex("02 6162"), 9)), guard(), 0x21n);
  assert.equal(await frames.next(), 0x21n);
  assert.deepEqual(await frames.payload(2), hex("6162"));
});

Deno.test("FrameReader refuses what is cut short anywhere", async () => {
  const bytes = hex("4001 4002 6162");
  for (let cut = 1; cut < bytes.length; cut++) {
    const frames = reader(bytes.subarray(0, cut), 3);
    await assert.rejects(async () => {
      await frames.next();
      await frames.payload(2);
    }, (error) => error instanceof Http3Error && error.code === Http3Code.frameError);
  }
  const skipped = reader(bytes.subarray(0, 5), 3);
  await skipped.next();
  await assert.rejects(skipped.next(), Http3Error);
});

Deno.test("FrameReader takes no memory for a length beyond the limit", async () => {
  const frames = reader(hex("01 ffffffffffffffff"), 20);
  await frames.next();
  assert.equal(frames.left, 2n ** 62n - 1n);
  await assert.rejects(frames.payload(100), { code: Http3Code.excessiveLoad });
});

Deno.test("FrameReader refuses the frames of HTTP/2", async () => {
  for (const type of ["02", "06", "08", "09", "4041"]) {
    await assert.rejects(reader(hex(`${type} 00`), 9).next(), { code: Http3Code.frameUnexpected });
  }
});

Deno.test("integerPayload() takes one integer and nothing beside it", () => {
  assert.equal(integerPayload(hex("4040")), 64n);
  for (const bytes of ["", "40", "0000"]) {
    assert.throws(() => integerPayload(hex(bytes)), Http3Error);
  }
});

Deno.test("StreamReader hands over what it read too far, once it needed to read far", async () => {
  const short = new StreamReader(stream(hex("4054 00 616263"), 99));
  assert.equal(await short.varint(), 0x54n);
  assert.equal(await short.varint(), 0n);
  assert.deepEqual(short.rest(), hex(""), "the usual header is read alone");
  const long = new StreamReader(stream(hex("80000054 00 616263"), 99));
  assert.equal(await long.varint(), 0x54n);
  assert.equal(await long.varint(), 0n);
  assert.deepEqual(long.rest(), hex("616263"));
});

Deno.test("StreamReader stays at the end", async () => {
  const reader = new StreamReader(stream(hex("61"), 9));
  assert.equal(await reader.atEnd(), false);
  assert.deepEqual(await reader.take(1), hex("61"));
  assert.equal(await reader.atEnd(), true);
  assert.equal(await reader.some(9), undefined);
  await assert.rejects(reader.take(1), Http3Error);
  await assert.rejects(reader.varint(), Http3Error);
});

function reader(bytes: Uint8Array, size: number): FrameReader {
  return new FrameReader(new StreamReader(stream(bytes, size)), guard());
}

/** A stream that gives so many bytes at once, and takes the memory as a real one does. */
function stream(bytes: Uint8Array, size: number): ReceiveStream {
  let at = 0;
  return {
    read(into) {
      const { byteOffset, byteLength } = into;
      const part = bytes.subarray(at, at + Math.min(size, byteLength));
      at += part.length;
      const memory = new Uint8Array(into.buffer.transfer(), byteOffset, part.length);
      memory.set(part);
      return Promise.resolve(part.length === 0 ? undefined : memory);
    },
    stop() {},
  };
}

function guard(): FrameGuard {
  return new FrameGuard(new ManualClock());
}
