import assert from "node:assert/strict";
import { bytesOf } from "../../../tests/support/worlds/cats.ts";
import { readCatClaims } from "./cat_claims.ts";

const SETTINGS = { audience: [], issuers: [], moqtClaim: 327, moqtRevalClaim: 328 };
const EVERYTHING: [unknown, unknown] = [327, [[[4, 6]]]];

function refusalOf(...more: [unknown, unknown][]): string {
  const read = readCatClaims(new Map([EVERYTHING, ...more]), SETTINGS);
  assert.ok(!read.ok, "it was accepted");
  return read.refusal;
}

// As the text has them (draft-ietf-moq-c4m, #cat-dpop-claims-for-moqt).
const PROOF = [
  [8, new Map([[3, new Uint8Array(32)]])],
  [321, new Map([[0, 300], [1, 1]])],
] as const;

Deno.test("a token that asks for a proof of possession is refused, with what it asks for", () => {
  assert.match(
    refusalOf([...PROOF[0]]),
    /claim 8 \(cnf, .*proof of possession\) cannot be checked/,
  );
  assert.match(refusalOf([...PROOF[1]]), /claim 321 \(catdpop, .*\) cannot be checked/);
});

Deno.test("a token that may be used once is refused, and so is one that may be used again", () => {
  for (const value of [0, 1, 2]) {
    assert.match(refusalOf([308, value]), /claim 308 \(catreplay, .*\) cannot be checked/);
  }
});

Deno.test("claims that are combined are refused under whatever number they have", () => {
  const one = new Map<unknown, unknown>([[4, 1_750_000_000], EVERYTHING]);
  for (const number of [40, 45, 329, 330, 331, -70_000]) {
    assert.match(refusalOf([number, [one, one]]), new RegExp(`claim ${number} is none that`));
  }
  // As makers of tokens write them today, each in a way of its own.
  const used = { or: [41, 324], nor: [42, 325], and: [43, 326], enc: [44] };
  for (const [name, numbers] of Object.entries(used)) {
    for (const number of numbers) {
      for (const value of [[one, one], [], one, 1, "", bytesOf("x")]) {
        assert.match(
          refusalOf([number, value]),
          new RegExp(`claim ${number} \\(perhaps ${name}, .*\\) is none that is understood`),
        );
      }
    }
  }
  assert.match(refusalOf(["or", [one, one]]), /claim that has no number is none that/);
  // Also where nothing but them says what is allowed.
  const read = readCatClaims(new Map([[329, [one]]]), SETTINGS);
  assert.ok(!read.ok);
});

Deno.test("every claim that restricts by something else is refused, whatever it says", () => {
  for (const number of [282, 309, ...Array.from({ length: 13 }, (_, at) => 311 + at)]) {
    for (const value of [0, true, "", bytesOf("x"), new Map(), []]) {
      assert.match(
        refusalOf([number, value]),
        new RegExp(`claim ${number} \\(.*cannot be checked`),
      );
    }
  }
});
