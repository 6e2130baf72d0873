import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { equalBytes } from "./equal_bytes.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { rfc9000, vi64 } from "./varint.ts";

function reader(hex: string): ByteReader {
  return new ByteReader(Uint8Array.fromHex(hex), vi64);
}

function fails(fault: DecodeError["fault"]): (error: unknown) => boolean {
  return (error) => error instanceof DecodeError && error.fault === fault;
}

Deno.test("ByteReader reads fields one after the other", () => {
  const bytes = reader("01" + "0203" + "bbbd" + "8002" + "0506" + "07" + "08");
  assert.equal(bytes.format, vi64);
  assert.equal(bytes.u8(), 1);
  assert.equal(bytes.u16(), 0x0203);
  assert.equal(bytes.varint(), 15_293n);
  assert.equal(bytes.count(2, "a length"), 2);
  assert.equal(bytes.offset, 7);
  assert.equal(bytes.remaining, 4);
  assert.equal(bytes.bytes(2).toHex(), "0506");
  assert.throws(() => bytes.end("the test"), fails("malformed"));
  assert.equal(bytes.rest().toHex(), "0708");
  bytes.end("the test");
});

Deno.test("ByteReader returns views and copies nothing", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const view = new ByteReader(bytes, vi64).bytes(2);
  bytes[0] = 9;
  assert.equal(view[0], 9);
});

Deno.test("ByteReader finds every field short that is not whole, and stays where it was", () => {
  for (let length = 0; length < 9; length++) {
    const bytes = new Uint8Array(length).fill(0xff);
    assert.throws(() => new ByteReader(bytes, vi64).varint(), fails("short"));
    assert.throws(() => new ByteReader(bytes, vi64).count(100, "a length"), fails("short"));
  }
  const one = reader("01");
  assert.throws(() => one.u16(), fails("short"));
  assert.throws(() => one.bytes(2), fails("short"));
  assert.throws(() => one.within(2), fails("short"));
  assert.equal(one.u8(), 1);
  assert.throws(() => one.u8(), fails("short"));
});

Deno.test("ByteReader ends where it was told to, whatever is behind", () => {
  const bytes = new ByteReader(Uint8Array.fromHex("0001bbbd02"), vi64, 1, 3);
  assert.equal(bytes.remaining, 2);
  assert.equal(bytes.u8(), 1);
  assert.throws(() => bytes.varint(), fails("short"));
});

Deno.test("ByteReader.within() gives a part away and goes on behind it", () => {
  const outer = reader("01020304");
  outer.u8();
  const inner = outer.within(2);
  assert.equal(outer.u8(), 4);
  assert.equal(inner.rest().toHex(), "0203");
  assert.throws(() => inner.u8(), fails("short"));
});

Deno.test("ByteReader.count() refuses what is above its limit, even above 2^53", () => {
  assert.equal(reader("8080").count(128, "a length"), 128);
  assert.throws(() => reader("8081").count(128, "a length"), fails("malformed"));
  assert.throws(() => reader("ff".repeat(9)).count(128, "a length"), fails("malformed"));
  assert.throws(() => reader("8081").count(128, "A length"), /A length above the limit of 128/);
});

Deno.test("A ByteWriter writes what a ByteReader reads", () => {
  for (const format of [vi64, rfc9000]) {
    const writer = new ByteWriter(format);
    assert.equal(writer.format, format);
    writer.u8(255);
    writer.u16(0xfffe);
    writer.varint(format.max);
    writer.count(300);
    writer.bytes(Uint8Array.of(1, 2));
    const bytes = writer.finish();
    assert.equal(writer.length, bytes.length);
    const read = new ByteReader(bytes, format);
    assert.equal(read.u8(), 255);
    assert.equal(read.u16(), 0xfffe);
    assert.equal(read.varint(), format.max);
    assert.equal(read.count(300, "a length"), 300);
    assert.equal(read.rest().toHex(), "0102");
  }
});

Deno.test("A ByteWriter grows as it must and keeps what it holds", () => {
  const writer = new ByteWriter(vi64);
  for (let index = 0; index < 1000; index++) writer.u8((index + 1) & 0xff);
  writer.bytes(new Uint8Array(10_000).fill(7));
  const bytes = writer.finish();
  assert.equal(bytes.length, 11_000);
  for (let index = 0; index < 1000; index++) assert.equal(bytes[index], (index + 1) & 0xff);
  assert.ok(bytes.subarray(1000).every((byte) => byte === 7));
});

Deno.test("ByteWriter.finish() is a copy of its own", () => {
  const writer = new ByteWriter(vi64);
  writer.u8(1);
  const first = writer.finish();
  writer.u8(2);
  assert.equal(first.toHex(), "01");
  assert.equal(writer.finish().toHex(), "0102");
  assert.equal(first.buffer.byteLength, 1);
});

Deno.test("A ByteWriter refuses what does not fit, and writes nothing of it", () => {
  const writer = new ByteWriter(vi64);
  for (const value of [-1, 256, 1.5, NaN]) assert.throws(() => writer.u8(value), EncodeError);
  for (const value of [-1, 65_536, 1.5]) assert.throws(() => writer.u16(value), EncodeError);
  assert.throws(() => writer.varint(2n ** 64n), EncodeError);
  for (const value of [-1, 1.5, 2 ** 53]) assert.throws(() => writer.count(value), EncodeError);
  assert.equal(writer.length, 0);
});

Deno.test("equalBytes() compares bytes", () => {
  assert.ok(equalBytes(Uint8Array.of(), Uint8Array.of()));
  assert.ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(0, 1, 2).subarray(1)));
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)));
});
