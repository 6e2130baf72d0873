import assert from "node:assert/strict";
import { GROUP_OBJECTS, makePicture, RATE, readPicture } from "./video.ts";

Deno.test("readPicture() finds number and time of what makePicture() made", () => {
  for (const number of [0, 1, 59, 60, 100_000]) {
    const picture = { number, stamp: 1234.5 };
    assert.deepEqual(readPicture(makePicture(picture)), picture);
  }
});

Deno.test("readPicture() refuses what was cut, lengthened or changed", () => {
  const payload = makePicture({ number: 7, stamp: 1 });
  assert.equal(readPicture(payload.subarray(0, -1)), undefined);
  assert.equal(readPicture(new Uint8Array([...payload, 0])), undefined);
  assert.equal(readPicture(payload.subarray(0, 5)), undefined);
  const changed = payload.slice();
  changed[changed.length - 1]! ^= 1;
  assert.equal(readPicture(changed), undefined);
});

Deno.test("makePicture() gives a group of about 4 Mbit/s", () => {
  let bytes = 0;
  for (let number = 0; number < GROUP_OBJECTS; number++) {
    bytes += makePicture({ number, stamp: 0 }).length;
  }
  const mbit = bytes * 8 / 1e6 * RATE / GROUP_OBJECTS;
  assert.ok(mbit > 3.5 && mbit < 4.5, `${mbit} Mbit/s`);
});
