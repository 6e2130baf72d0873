import { type Algorithm, generate } from "@moq/token";
import { StartError } from "@qumo/shared/runtime";
import type { JWK } from "jose";
import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { meshAccess } from "./mesh_access.ts";
import { readSigningKey } from "./signing_keys.ts";
import { signRelayToken } from "./relay_tokens.ts";

const FILE = "/etc/qumo/relay.jwk";
const CLAIMS = { name: "lyon", audience: "madrid", now: 0, lifetimeMs: 60_000 };

/** A relay that starts with this as its key. */
function started(key: unknown) {
  const settings = {
    keyFile: FILE,
    trustedKeys: [],
    hasController: false,
    tokenLifetimeMs: 60_000,
    keyReloadMs: 60_000,
    clockSkewMs: 0,
  };
  const files = { readText: () => Promise.resolve(JSON.stringify(key)) };
  const counts = { keyReloads: { ok: 0, refused: 0 } };
  return meshAccess({ settings, files, counts, clock: new ManualClock(), ...memoryLog() });
}

async function keyOf(alg: Algorithm): Promise<JWK> {
  return JSON.parse(JSON.stringify(await generate(alg)));
}

const ec = await keyOf("ES256");
const secret = await keyOf("HS256");
const other = await keyOf("ES256");

for (const alg of ["HS256", "ES256", "ES384", "EdDSA", "RS256", "PS256"] as const) {
  Deno.test(`a relay starts and proves its name with a key of @moq/token for ${alg}`, async () => {
    const key = await keyOf(alg);
    for (const operations of [["sign", "verify"], ["sign"], undefined]) {
      const { key_ops: _, ...rest } = key;
      const jwk = { ...rest, ...(operations !== undefined && { key_ops: operations }) };
      const mesh = await started(jwk);
      const token = mesh.tokenFor("lyon", "madrid");
      assert.match(await token?.first() ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/);
      await mesh.close();
    }
  });
}

const { d: _, ...open } = ec;
const { k: _k, ...without } = secret;
const REFUSED: [what: string, key: object, reason: RegExp][] = [
  ["that verifies alone", { ...ec, key_ops: ["verify"] }, /key_ops are \["verify"\], .*"sign"/],
  ["a secret that verifies alone", { ...secret, key_ops: ["verify"] }, /key_ops are \["verify"\]/],
  ["for nothing", { ...ec, key_ops: [] }, /key_ops are \[\]/],
  ["with a word for its operations", { ...ec, key_ops: "sign" }, /key_ops are "sign"/],
  ["for encryption", { ...ec, use: "enc" }, /use is "enc", .*"sig"/],
  ["that is public", open, /is public, .* has a member d/],
  ["without its secret", without, /no secret, .* member k/],
  ["of two that do not belong together", { ...ec, d: other.d }, /do not belong together/],
  ["that is cut", { ...ec, d: ec.d!.slice(0, 10) }, /do not belong together/],
  ["for an algorithm of another kind", { ...ec, alg: "HS256" }, /alg does not belong to its kty/],
  ["among others", { keys: [ec, other] }, /has not one key/],
  ["among none", { keys: [] }, /has not one key/],
];

for (const [what, key, reason] of REFUSED) {
  Deno.test(`a relay does not start with a key ${what}, and says why`, async () => {
    const error = await started(key).then(() => undefined, (error: unknown) => error);
    assert.ok(error instanceof StartError);
    assert.match(error.message, reason);
    assert.ok(error.message.includes(FILE), error.message);
    for (const hidden of [ec.d, secret.k, other.d]) {
      assert.equal(error.message.includes(String(hidden)), false);
    }
  });
}

Deno.test("a key that is read to sign signs, whatever its file says of verifying", async () => {
  const { d: _, ...open } = ec;
  assert.ok((await signRelayToken(await readSigningKey(JSON.stringify(ec)), CLAIMS)).length > 0);
  await assert.rejects(readSigningKey(JSON.stringify(open)), /public/);
});
