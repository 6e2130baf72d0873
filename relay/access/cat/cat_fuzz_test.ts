import assert from "node:assert/strict";
import { changedBytes, goodCat, hostileCat } from "../../../tests/support/faults/hostile_cats.ts";
import { seeds } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import vectors from "../../../tests/support/cat_vectors.json" with { type: "json" };
import { CAT_KEY } from "../../../tests/support/worlds/cats.ts";
import { readKeys } from "../keys.ts";
import { CatVerifier } from "./cat_verifier.ts";
import { readCwt } from "./cose.ts";

async function verifierOf(...jwks: readonly object[]): Promise<CatVerifier> {
  const keys = await readKeys(JSON.stringify({ keys: jwks }));
  return new CatVerifier(
    {
      keys: () => keys,
      missed: () => Promise.resolve(),
      clock: { wall: () => 1_700_000_000_000 },
      clockSkewMs: 0,
      settings: {
        audience: ["https://relay.example.com"],
        issuers: [],
        moqtClaim: 327,
        moqtRevalClaim: 328,
      },
    } as ConstructorParameters<typeof CatVerifier>[0],
  );
}

/** Whether they differ in the header alone that nobody signs: it says which key to try first. */
function isUnsigned(one: Uint8Array, other: Uint8Array): boolean {
  const [first, second] = [readCwt(one), readCwt(other)];
  return first.ok && second.ok && first.value.signed.toHex() === second.value.signed.toHex() &&
    first.value.signature.toHex() === second.value.signature.toHex();
}

/** The good tokens, and the key of each. */
async function* goodTokens(): AsyncIterable<[name: string, jwk: object, token: Uint8Array]> {
  yield ["of a test", CAT_KEY, goodCat()];
  for (const { jwk, token } of vectors) yield [jwk.alg, jwk, Uint8Array.fromHex(token)];
}

Deno.test("a good CAT of which any byte that counts is another is refused", async () => {
  for await (const [name, jwk, token] of goodTokens()) {
    const verifier = await verifierOf(jwk);
    const good = await verifier.verify(token);
    assert.ok(good.ok, name);
    // Some changes are enough where the algorithm is slow.
    const all = [...changedBytes(token)];
    for (const changed of jwk === CAT_KEY ? all : all.filter((_, at) => at % 61 === 0)) {
      const verified = await verifier.verify(changed);
      if (verified.ok && isUnsigned(token, changed)) {
        assert.deepEqual(verified.value.rules, good.value.rules);
        continue;
      }
      assert.ok(!verified.ok, `${name}: ${changed.toHex()}`);
      assert.ok(["malformed_auth_token", "unauthorized"].includes(verified.refusal.kind));
    }
  }
});

Deno.test("a good CAT that ends early, or goes on, is refused", async () => {
  for await (const [name, jwk, token] of goodTokens()) {
    const verifier = await verifierOf(jwk);
    for (let end = 0; end < token.length; end++) {
      assert.ok(!(await verifier.verify(token.subarray(0, end))).ok, `${name}: ${end} bytes`);
    }
    for (let byte = 0; byte < 256; byte++) {
      assert.ok(!(await verifier.verify(Uint8Array.of(...token, byte))).ok, `${name}, ${byte}`);
    }
  }
});

Deno.test("bytes, CBOR and claims without sense are refused, also where they are signed", async () => {
  const verifier = await verifierOf(CAT_KEY);
  for (const seed of seeds(60)) {
    const random = new Random(seed);
    for (let at = 0; at < 10; at++) {
      const token = hostileCat(random);
      const verified = await verifier.verify(token);
      assert.ok(!verified.ok, `seed ${seed}: ${token.toHex()}`);
      // What the log says of it is short, whatever it is.
      assert.ok(verified.refusal.reason.length < 300, verified.refusal.reason);
    }
  }
});
