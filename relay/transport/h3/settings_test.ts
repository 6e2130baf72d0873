import { rfc9000 } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { decodeSettings, encodeSettings, OUR_SETTINGS } from "./settings.ts";
import { concat, encodeVarint } from "./varint.ts";

Deno.test("OUR_SETTINGS are what clients of every draft want, and no more", () => {
  // 06: 16384 bytes of fields; 08: extended CONNECT; 33: datagrams; the rest: WebTransport.
  const expected = "0680004000" + "0801" + "3301" + "ab60374201" + "c0000000c671706a01" +
    "94e9cd2901" + "ac7cf00001";
  assert.equal(encodeSettings(OUR_SETTINGS).toHex(), expected);
  const all = { connectProtocol: true, datagrams: true, webTransport: true };
  assert.deepEqual(decodeSettings(encodeSettings(OUR_SETTINGS)), all);
});

Deno.test("decodeSettings() takes nothing as all zero, and passes GREASE by", () => {
  const none = { connectProtocol: false, datagrams: false, webTransport: false };
  assert.deepEqual(decodeSettings(new Uint8Array()), none);
  assert.deepEqual(decodeSettings(encode([0x21n + 0x1fn * 7n, rfc9000.max], [0x33n, 0n])), none);
});

Deno.test("decodeSettings() knows WebTransport by every name it had", () => {
  for (const id of [0x2b603742n, 0xc671706an, 0x14e9cd29n, 0x2c7cf000n]) {
    assert.equal(decodeSettings(encode([id, 1n])).webTransport, true);
    assert.equal(decodeSettings(encode([id, 0n])).webTransport, false);
  }
  assert.equal(decodeSettings(encode([0xc671706an, rfc9000.max])).webTransport, true);
});

Deno.test("decodeSettings() refuses settings of HTTP/2, repeated ones and impossible values", () => {
  for (const id of [0n, 2n, 3n, 4n, 5n]) refuses(encode([id, 1n]), Http3Code.settingsError);
  refuses(encode([0x21n, 1n], [0x21n, 2n]), Http3Code.settingsError);
  refuses(encode([0x33n, 1n], [0x33n, 1n]), Http3Code.settingsError);
  refuses(encode([0x33n, 2n]), Http3Code.settingsError);
  refuses(encode([0x08n, 2n]), Http3Code.settingsError);
});

Deno.test("decodeSettings() refuses what ends inside a setting", () => {
  const bytes = encode([0x08n, 1n], [0x2b603742n, 1n]);
  for (let cut = 0; cut < bytes.length; cut++) {
    if (cut !== 0 && cut !== 2) refuses(bytes.subarray(0, cut), Http3Code.frameError);
  }
});

Deno.test("decodeSettings() takes or refuses any bytes", () => {
  checkProperty(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decodeSettings(bytes);
      } catch (error) {
        assert(error instanceof Http3Error);
      }
    }),
    { numRuns: 1000 },
  );
});

function encode(...settings: [bigint, bigint][]): Uint8Array {
  return concat(...settings.flat().map(encodeVarint));
}

function refuses(bytes: Uint8Array, code: number): void {
  assert.throws(
    () => decodeSettings(bytes),
    (error) => error instanceof Http3Error && error.code === code,
  );
}
