import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { compareLocations, location } from "./location.ts";
import { vi64 } from "./varint.ts";

const MAX = 2n ** 64n - 1n;

Deno.test("A location is its group and its object, both ways", () => {
  const writer = new ByteWriter(vi64);
  location.encode(writer, { group: MAX, object: 15_293n });
  assert.equal(writer.finish().toHex(), "ffffffffffffffffffbbbd");
  const reader = new ByteReader(Uint8Array.fromHex("ffffffffffffffffffbbbd"), vi64);
  assert.deepEqual(location.decode(reader), { group: MAX, object: 15_293n });
});

Deno.test("compareLocations() goes by group, then by object", () => {
  const sorted = [
    { group: 0n, object: 0n },
    { group: 0n, object: MAX },
    { group: 1n, object: 0n },
    { group: 1n, object: 1n },
    { group: MAX, object: MAX - 1n },
    { group: MAX, object: MAX },
  ];
  sorted.forEach((a, i) =>
    sorted.forEach((b, j) => assert.equal(Math.sign(compareLocations(a, b)), Math.sign(i - j)))
  );
});
