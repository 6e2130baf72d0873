import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { fromHttp3Code, Http3Code, toHttp3Code } from "./codes.ts";

Deno.test("Http3Code holds the numbers of the specifications", () => {
  assert.deepEqual(Http3Code, {
    noError: 0x100,
    internalError: 0x102,
    streamCreationError: 0x103,
    closedCriticalStream: 0x104,
    frameUnexpected: 0x105,
    frameError: 0x106,
    excessiveLoad: 0x107,
    idError: 0x108,
    settingsError: 0x109,
    missingSettings: 0x10a,
    requestRejected: 0x10b,
    requestIncomplete: 0x10d,
    messageError: 0x10e,
    qpackDecompressionFailed: 0x200,
    bufferedStreamRejected: 0x3994bd84,
  });
});

Deno.test("toHttp3Code() steps over the numbers that are reserved for GREASE", () => {
  // 5 is what Chromium was seen to send for 5; the last is the end of the range in the draft.
  const pairs = [[0, 0x52e4a40fa8db], [5, 91141958510816], [29, 0x52e4a40fa8f8]] as const;
  for (const [code, mapped] of [...pairs, [30, 0x52e4a40fa8fa], [2 ** 32 - 1, 0x52e5ac983162]]) {
    assert.equal(toHttp3Code(code!), mapped);
    assert.equal(fromHttp3Code(mapped!), code);
  }
});

Deno.test("fromHttp3Code() finds no code in what is not of the range", () => {
  for (const code of [0, 0x100, 0x52e4a40fa8da, 0x52e4a40fa8f9, 0x52e5ac983163, 2 ** 62]) {
    assert.equal(fromHttp3Code(code), 0);
  }
});

Deno.test("every code of 32 bits survives the mapping and avoids GREASE", () => {
  checkProperty(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (code) => {
      const mapped = toHttp3Code(code);
      assert.notEqual((mapped - 0x21) % 0x1f, 0);
      assert.equal(fromHttp3Code(mapped), code);
    }),
  );
});
