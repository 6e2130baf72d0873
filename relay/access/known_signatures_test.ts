import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { readKeys, type VerifyingKey } from "./keys.ts";
import { KnownSignatures } from "./known_signatures.ts";
import { MAX_KNOWN_SIGNATURES } from "./limits.ts";
import { Verifier } from "./verifier.ts";

/** What is known with these keys, and how many signatures it cost. */
function signatures() {
  const ring = { now: [] as readonly VerifyingKey[], keys: () => ring.now };
  const known = new KnownSignatures<string>(ring);
  const cost = { signatures: 0 };
  const verify = (token: string) =>
    known.of(token, () => {
      cost.signatures++;
      return Promise.resolve(token.startsWith("good") ? token : undefined);
    });
  return { ring, cost, known, verify };
}

Deno.test("a signature is verified once, that of a bad token each time, and all again with other keys", async () => {
  const { ring, cost, verify } = signatures();
  for (let time = 0; time < 3; time++) assert.equal(await verify("good"), "good");
  assert.equal(cost.signatures, 1);
  for (let time = 0; time < 3; time++) assert.equal(await verify("bad"), undefined);
  assert.equal(cost.signatures, 4);
  assert.equal(await verify("good1"), "good1");
  ring.now = [];
  assert.equal(await verify("good"), "good");
  assert.equal(cost.signatures, 6);
});

Deno.test("what was verified by keys of before is not kept with those of now", async () => {
  const { ring, cost, known, verify } = signatures();
  const { promise, resolve } = Promise.withResolvers<string>();
  const late = known.of("good", () => promise);
  ring.now = [];
  await verify("good 1");
  resolve("by a key that is gone");
  assert.equal(await late, "by a key that is gone");
  assert.equal(await verify("good"), "good");
  assert.equal(cost.signatures, 2);
});

Deno.test("no more signatures are kept than a number, the oldest goes first, and bad ones take no place", async () => {
  const { cost, verify } = signatures();
  for (let at = 0; at <= MAX_KNOWN_SIGNATURES; at++) await verify(`good ${at}`);
  const before = cost.signatures;
  for (let at = 1; at <= MAX_KNOWN_SIGNATURES; at++) await verify(`good ${at}`);
  assert.equal(cost.signatures, before);
  await verify("good 0");
  assert.equal(cost.signatures, before + 1);
  for (let at = 0; at < 2 * MAX_KNOWN_SIGNATURES; at++) await verify(`bad ${at}`);
  await verify("good 0");
  assert.equal(cost.signatures, before + 1 + 2 * MAX_KNOWN_SIGNATURES);
});

Deno.test("a token whose signature is known expires, ends with its key, and is good as a whole alone", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk: JWK = { ...await exportJWK(publicKey), alg: "ES256", kid: "ec" };
  const clock = new ManualClock();
  let keys = await readKeys(JSON.stringify(jwk));
  const verifier = new Verifier({ keys: () => keys, clock, clockSkewMs: 0 });
  const sign = (claims: object) =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: "ES256", kid: "ec" }).sign(privateKey);
  const token = await sign({ put: "", exp: 10, jti: "t1" });
  const first = await verifier.verify(token);
  assert.ok(first.ok);
  assert.deepEqual(await verifier.verify(token), first);
  const [header, claims, signature] = token.split(".") as [string, string, string];
  const [, others] = (await sign({ put: "", get: "", exp: 99 })).split(".") as [string, string];
  for (
    const forged of [
      `${header}.${others}.${signature}`,
      `${header}.${claims}.${"A".repeat(signature.length)}`,
    ]
  ) {
    assert.equal((await verifier.verify(forged)).ok, false);
  }
  await clock.advance(10_000);
  const late = await verifier.verify(token);
  assert.equal(late.ok ? "" : late.refusal.kind, "expired_auth_token");
  keys = [];
  const gone = await verifier.verify(token);
  assert.match(gone.ok ? "" : gone.refusal.reason, /no key of this relay/);
});
