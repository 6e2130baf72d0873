import assert from "node:assert/strict";
import { type AmfValue, readAmf, writeAmf } from "./amf.ts";
import { RtmpError } from "./errors.ts";
import { MAX_AMF_DEPTH, MAX_AMF_VALUES } from "./limits.ts";

Deno.test("AMF values are read as they were written", () => {
  const values: AmfValue[] = [
    "connect",
    1,
    { app: "live", nested: { is: true, not: false }, list: [1, "two", null] },
    null,
    undefined,
    -0.5,
    "",
  ];
  assert.deepEqual(readAmf(writeAmf(values)), values);
});

Deno.test("AMF lists with names, dates and long texts are read, as encoders write them", () => {
  const name = [0, 1, 97];
  const number = [0, 0x40, 0x08, 0, 0, 0, 0, 0, 0];
  assert.deepEqual(readAmf(Uint8Array.of(8, 0, 0, 0, 9, ...name, ...number, 0, 0, 9)), [{ a: 3 }]);
  assert.deepEqual(readAmf(Uint8Array.of(8, 0, 0, 0, 9, ...name, ...number)), [{ a: 3 }]);
  assert.deepEqual(readAmf(Uint8Array.of(12, 0, 0, 0, 1, 98)), ["b"]);
  assert.deepEqual(readAmf(Uint8Array.of(11, ...number.slice(1), 0, 0)), [3]);
});

Deno.test("AMF that is cut off, too deep or too much is refused", () => {
  const whole = writeAmf(["a", 1, { b: "c" }]);
  for (let length = 1; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    // Some beginnings are whole values, and an object may lack its end.
    try {
      assert.ok(readAmf(cut).length <= 3);
    } catch (error) {
      assert.ok(error instanceof RtmpError, String(error));
    }
  }
  const deep = Array.from({ length: MAX_AMF_DEPTH + 2 }, () => [3, 0, 1, 97]).flat();
  assert.throws(() => readAmf(Uint8Array.from(deep)), RtmpError);
  assert.throws(() => readAmf(new Uint8Array(MAX_AMF_VALUES + 1).fill(5)), RtmpError);
  assert.throws(() => readAmf(Uint8Array.of(10, 255, 255, 255, 255, 5)), RtmpError);
  assert.throws(() => readAmf(Uint8Array.of(99)), RtmpError);
});

Deno.test("a field of AMF named __proto__ is a field like others", () => {
  const [value] = readAmf(writeAmf([JSON.parse('{"__proto__": 1}')]));
  assert.deepEqual(Object.keys(value as object), ["__proto__"]);
});
