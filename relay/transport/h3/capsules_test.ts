import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { type Capsule, CapsuleParser, encodeClose, encodeDrain } from "./capsules.ts";
import { FrameGuard } from "./frame_guard.ts";
import { Http3Error } from "./codes.ts";
import { concat, encodeVarint } from "./varint.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";

// Code 77, "cli": what Chromium was seen to send.
const CLOSE = "68430700" + "00004d636c69";

Deno.test("encodeClose() and encodeDrain() write what the drafts show", () => {
  assert.equal(encodeClose(77, "cli").toHex(), CLOSE);
  assert.equal(encodeDrain().toHex(), "800078ae00");
});

Deno.test("encodeClose() cuts a long reason at a character", () => {
  const [capsule] = parse(encodeClose(1, "a" + "ü".repeat(600)));
  assert.deepEqual(capsule, { kind: "close", code: 1, reason: "a" + "ü".repeat(511) });
});

Deno.test("CapsuleParser reads capsules however the bytes are cut", () => {
  const unknown = concat(encodeVarint(0x1234n), encodeVarint(70n), new Uint8Array(70));
  const grease = concat(encodeVarint(41n * 5n + 0x17n), encodeVarint(0n));
  const bytes = concat(unknown, encodeDrain(), grease, encodeClose(2 ** 32 - 1, "über"), unknown);
  const expected: Capsule[] = [
    { kind: "drain" },
    { kind: "close", code: 2 ** 32 - 1, reason: "über" },
  ];
  assert.deepEqual(parse(bytes), expected);
  assert.deepEqual(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
  for (let cut = 0; cut < bytes.length; cut++) {
    assert.deepEqual(parse(bytes.subarray(0, cut), bytes.subarray(cut)), expected);
  }
});

Deno.test("CapsuleParser says nothing before a capsule is complete", () => {
  const bytes = encodeClose(1, "bye");
  for (let cut = 0; cut < bytes.length; cut++) assert.deepEqual(parse(bytes.subarray(0, cut)), []);
});

Deno.test("CapsuleParser skips an unknown capsule of any length without keeping it", () => {
  const parser = new CapsuleParser(new FrameGuard(new ManualClock()));
  assert.deepEqual(parser.push(concat(encodeVarint(0x99n), encodeVarint(2n ** 61n))), []);
  for (let turn = 0; turn < 100; turn++) assert.deepEqual(parser.push(new Uint8Array(65_536)), []);
});

Deno.test("CapsuleParser takes a reason of 1024 bytes and refuses a longer one at its header", () => {
  const header = (length: bigint) => concat(encodeVarint(0x2843n), encodeVarint(length));
  const most = concat(header(1028n), new Uint8Array(4), new Uint8Array(1024).fill(0x61));
  assert.deepEqual(parse(most), [{ kind: "close", code: 0, reason: "a".repeat(1024) }]);
  assert.throws(() => parse(header(1029n)), Http3Error);
  assert.throws(() => parse(header(2n ** 62n - 1n)), Http3Error);
});

Deno.test("CapsuleParser refuses a close capsule without a code", () => {
  for (const length of [0, 3]) {
    const bytes = concat(
      encodeVarint(0x2843n),
      encodeVarint(BigInt(length)),
      new Uint8Array(length),
    );
    assert.throws(() => parse(bytes, Uint8Array.of(0)), Http3Error);
  }
});

Deno.test("CapsuleParser makes text of a reason that is not UTF-8", () => {
  const [capsule] = parse(Uint8Array.fromHex("684306" + "00000001" + "ff61"));
  assert.deepEqual(capsule, { kind: "close", code: 1, reason: "\ufffda" });
});

Deno.test("CapsuleParser takes or refuses any bytes", () => {
  checkProperty(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (pieces) => {
      try {
        parse(...pieces);
      } catch (error) {
        assert(error instanceof Http3Error);
      }
    }),
    { numRuns: 1000 },
  );
});

function parse(...pieces: Uint8Array[]): Capsule[] {
  const parser = new CapsuleParser(new FrameGuard(new ManualClock()));
  return pieces.flatMap((piece) => parser.push(piece));
}
