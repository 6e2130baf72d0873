import assert from "node:assert/strict";
import { bitString, integer, objectId, octetString, pem, sequence, time, utf8 } from "./der.ts";

const VECTORS: [what: string, der: Uint8Array, hex: string][] = [
  ["zero", integer(new Uint8Array([0, 0])), "020100"],
  ["a small number", integer(new Uint8Array([0, 0x7f])), "02017f"],
  ["a number that would look negative", integer(new Uint8Array([0x80])), "02020080"],
  ["the name of ECDSA with SHA-256", objectId("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
  ["a name with a short number", objectId("2.5.29.17"), "0603551d11"],
  ["text", utf8("qumo"), "0c0471756d6f"],
  ["bits", bitString(new Uint8Array([0x80]), 7), "03020780"],
  ["nothing", sequence(), "3000"],
  ["a moment", time(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), "170d3236303130323033303430355a"],
  [
    "the last second of the short form",
    time(Date.UTC(2050, 0, 1) - 1),
    "170d3439313233313233353935395a",
  ],
  ["the first of the long one", time(Date.UTC(2050, 0, 1)), "180f32303530303130313030303030305a"],
];

for (const [what, der, hex] of VECTORS) {
  Deno.test(`DER has the exact bytes of ${what}`, () => assert.equal(der.toHex(), hex));
}

for (
  const [length, head] of [
    [0x7f, "047f"],
    [0x80, "048180"],
    [0xff, "0481ff"],
    [0x100, "04820100"],
    [0xffff, "0482ffff"],
  ] as const
) {
  Deno.test(`a value of ${length} bytes begins with ${head}`, () => {
    assert.equal(octetString(new Uint8Array(length)).toHex(), head + "00".repeat(length));
  });
}

Deno.test("pem() breaks lines after 64 characters", () => {
  const lines = pem("CERTIFICATE", new Uint8Array(49)).split("\n");
  assert.deepEqual(lines.map(({ length }) => length), [27, 64, 4, 25, 0]);
});
