import assert from "node:assert/strict";
import { MediaError } from "../errors.ts";
import { readLegacy, writeLegacy } from "./legacy.ts";
import { readLocObject, readLocPayload, writeLocPayload } from "./loc.ts";

const FRAME = { timestamp: 1_234_567, isKey: true, data: new Uint8Array([1, 2, 3]) };

Deno.test("an object of hang's legacy container is read as it was written", () => {
  const payload = writeLegacy(FRAME);
  assert.equal(payload.toHex(), "8012d687010203");
  assert.deepEqual(readLegacy(payload, true), FRAME);
  assert.equal(readLegacy(payload.subarray(0, 4), true), undefined);
});

Deno.test("an object of LOC is read as it was written", () => {
  const payload = writeLocPayload(FRAME);
  assert.equal(payload.toHex(), "05108012d687010203");
  assert.deepEqual(readLocPayload(payload, true), FRAME);
});

Deno.test("LOC says its timescale and its configuration", () => {
  // 0x08 = 90 000, 0x0d = two bytes, 0x10 = 180 000.
  const block = [0x08, 0x80, 0x01, 0x5f, 0x90, 0x05, 2, 9, 9, 0x03, 0x80, 0x02, 0xbf, 0x20];
  const frame = readLocPayload(new Uint8Array([block.length, ...block, 7]), false);
  assert.deepEqual(frame, {
    timestamp: 2_000_000,
    isKey: false,
    data: new Uint8Array([7]),
    description: new Uint8Array([9, 9]),
  });
});

Deno.test("LOC of MSF has its properties beside the payload", () => {
  const data = new Uint8Array([7]);
  const properties = [{ type: 0x10n, value: 5n }];
  assert.deepEqual(readLocObject(data, properties, true), { timestamp: 5, isKey: true, data });
  assert.equal(readLocObject(data, [], true), undefined);
});

Deno.test("objects that are cut off are no frames", () => {
  assert.throws(() => readLegacy(new Uint8Array(), true), MediaError);
  for (let length = 0; length < 4; length++) {
    assert.throws(() => readLegacy(writeLegacy(FRAME).subarray(0, length), true), MediaError);
  }
  for (let length = 0; length < 6; length++) {
    assert.throws(
      () => readLocPayload(writeLocPayload(FRAME).subarray(0, length), true),
      MediaError,
    );
  }
  assert.throws(() => readLegacy(new Uint8Array(8).fill(0xff), true), MediaError);
  assert.throws(() => readLocPayload(new Uint8Array([3, 0x08, 0, 0x10]), true), MediaError);
  assert.throws(() => writeLegacy({ ...FRAME, timestamp: -1 }), MediaError);
  assert.throws(() => writeLegacy({ ...FRAME, timestamp: Number.NaN }), MediaError);
});
