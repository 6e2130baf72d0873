import assert from "node:assert/strict";
import { base64url, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { readKeys } from "./keys.ts";
import { MAX_TOKEN_BYTES } from "./limits.ts";
import { allows, type Policy, type Right } from "./policy.ts";
import { fieldsOf } from "./paths.ts";
import { Verifier } from "./verifier.ts";

const NOW = 1_800_000_000;
const SECRET: JWK = { kty: "oct", alg: "HS256", kid: "main", k: base64url.encode("s".repeat(32)) };
const encode = (value: unknown) =>
  base64url.encode(typeof value === "string" ? value : JSON.stringify(value));

async function verifierOf(...keys: readonly unknown[]): Promise<Verifier> {
  const known = await readKeys(JSON.stringify({ keys }));
  return new Verifier({
    keys: () => known,
    clock: new ManualClock(NOW * 1_000),
    clockSkewMs: 10_000,
  });
}

/** A token signed as it should be, whatever it says. */
async function sign(claims: unknown, header: object = {}, jwk: JWK = SECRET): Promise<string> {
  const head = encode({ alg: jwk.alg, kid: jwk.kid, ...header });
  const body = `${head}.${encode(claims)}`;
  const key = await crypto.subtle.importKey(
    "raw",
    base64url.decode(jwk.k!) as Uint8Array<ArrayBuffer>,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return `${body}.${base64url.encode(new Uint8Array(signature))}`;
}

async function policyOf(claims: object): Promise<Policy> {
  const verified = await (await verifierOf(SECRET)).verify(await sign(claims));
  assert.ok(verified.ok, JSON.stringify(verified));
  return verified.value;
}

const may = (policy: Policy, right: Right, namespace: string, path = "") =>
  allows(policy, right, { path: fieldsOf(path), namespace: fieldsOf(namespace) });

Deno.test("claims of moq-dev's tokens become rules by fields, under the path of the connection", async () => {
  const policy = await policyOf({ root: "/live/", put: ["cam", ""], get: "room/a" });
  assert.equal(may(policy, "publish", "live/anything"), true);
  assert.equal(may(policy, "subscribe", "live/room/a/b"), true);
  assert.equal(may(policy, "subscribe", "room/a", "live"), true);
  for (const right of ["subscribe", "fetch", "status", "see"] as const) {
    assert.equal(may(policy, right, "live/room/ab"), false);
    assert.equal(may(policy, right, "live/room/a"), true);
  }
  assert.equal(may(policy, "announce", "lives"), false);
});

Deno.test("claims of Go qumo's tokens become rules, and none of them is for everything", async () => {
  const policy = await policyOf({ path_auth: { root: "tenant/p", pub: "live", sub: "" } });
  assert.equal(may(policy, "publish", "tenant/p/live/x"), true);
  assert.equal(may(policy, "publish", "tenant/p/other"), false);
  assert.equal(may(policy, "subscribe", "tenant/p"), true);
  const verifier = await verifierOf(SECRET);
  const wide = await verifier.verify(await sign({ path_auth: { root: "", pub: "", sub: null } }));
  assert.equal(wide.ok, false);
});

Deno.test("a policy says whose it is, until when, and with which limits", async () => {
  const said = { jti: "t1", sub: "alice", tenant: "acme", limits: { subscriptions: 3 } };
  const policy = await policyOf({ put: "", exp: NOW + 60, ...said });
  assert.deepEqual(policy.holder, {
    tokenId: "t1",
    subject: "alice",
    tenant: "acme",
    keyId: "main",
  });
  assert.deepEqual(policy.limits, { subscriptions: 3 });
  assert.equal(policy.until, (NOW + 60) * 1_000 + 10_000);
  assert.match((await policyOf({ get: "" })).holder.tokenId!, /^[0-9a-f]{12}$/);
});

Deno.test("time is exact, with the allowance for clocks", async () => {
  const verifier = await verifierOf(SECRET);
  const kindOf = async (claims: object) => {
    const verified = await verifier.verify(await sign({ get: "", ...claims }));
    return verified.ok ? "ok" : verified.refusal.kind;
  };
  assert.equal(await kindOf({ exp: NOW - 10 }), "expired_auth_token");
  assert.equal(await kindOf({ exp: NOW - 9.999 }), "ok");
  assert.equal(await kindOf({ nbf: NOW + 10 }), "ok");
  assert.equal(await kindOf({ nbf: NOW + 10.001 }), "unauthorized");
  assert.equal(await kindOf({ iat: NOW + 11 }), "unauthorized");
});

Deno.test("a key with a scope signs nothing beyond it", async () => {
  const key = { ...SECRET, scope: { root: "acme", put: ["live"], get: [""] } };
  const verifier = await verifierOf(key);
  const ok = async (claims: object) => (await verifier.verify(await sign(claims))).ok;
  assert.equal(await ok({ root: "acme", put: ["live/a"], get: ["x"] }), true);
  assert.equal(await ok({ root: "acme", put: ["liver"] }), false);
  assert.equal(await ok({ root: "acme", put: ["live", "other"] }), false);
  assert.equal(await ok({ root: "", get: [""] }), false);
});

Deno.test("a key with a scope makes no relays, since they have rights beyond names", async () => {
  const isGood = async (key: JWK) => {
    const claims = { root: "acme", get: "", cluster: true };
    return (await (await verifierOf(key)).verify(await sign(claims))).ok;
  };
  assert.equal(await isGood(SECRET), true);
  const scope = { root: "acme", get: "" };
  assert.equal(await isGood(Object.assign({}, SECRET, { scope })), false);
});

Deno.test("ES256 and EdDSA are verified with public keys alone", async () => {
  for (const alg of ["ES256", "EdDSA"]) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...await exportJWK(publicKey), alg, kid: alg };
    const token = await new SignJWT({ get: "" }).setProtectedHeader({ alg, kid: alg })
      .sign(privateKey);
    assert.equal((await (await verifierOf(jwk, SECRET)).verify(token)).ok, true);
    const [head, body, signature] = token.split(".");
    const cut = `${head}.${body}.${signature!.slice(0, -4)}AAAA`;
    assert.equal((await (await verifierOf(jwk)).verify(cut)).ok, false);
  }
});

/** Tokens that somebody makes up, with a good signature where it has one. */
async function hostileTokens(): Promise<Record<string, string>> {
  const body = encode({ put: "", get: "" });
  const good = await sign({ put: "", get: "" });
  const [head, , signature] = good.split(".");
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const confused: JWK = {
    alg: "HS256",
    kid: "es",
    k: base64url.encode(JSON.stringify(await exportJWK(publicKey))),
  };
  const deep = "[".repeat(2_000) + "]".repeat(2_000);
  return {
    "alg none": `${encode({ alg: "none" })}.${body}.`,
    "alg none with a signature": `${encode({ alg: "none", kid: "main" })}.${body}.${signature}`,
    "alg in capitals": `${encode({ alg: "hs256", kid: "main" })}.${body}.${signature}`,
    "another alg of the same kind": `${encode({ alg: "HS512", kid: "main" })}.${body}.${signature}`,
    "a public key as a secret": await sign({ put: "" }, {}, confused),
    "a key in the header": await sign({ put: "" }, { jwk: SECRET, kid: "own" }, {
      ...SECRET,
      k: base64url.encode("x".repeat(32)),
    }),
    "a kid that is a path": await sign({ put: "" }, { kid: "../../../../dev/null" }),
    "a kid of an object": await sign({ put: "" }, { kid: "__proto__" }),
    "a kid that is a number": await sign({ put: "" }, { kid: 1 }),
    "a kid that is long": await sign({ put: "" }, { kid: "k".repeat(1_000) }),
    "a critical extension": await sign({ put: "" }, { crit: ["exp"], exp: 1 }),
    "a header that is no object": `${encode("[]")}.${body}.${signature}`,
    "a header that is null": `${encode("null")}.${body}.${signature}`,
    "other claims under the signature": `${head}.${encode({ put: "x" })}.${signature}`,
    "huge": `${head}.${"A".repeat(MAX_TOKEN_BYTES)}.${signature}`,
    "deep": await sign(deep),
    "deep in a claim": await sign(`{"put":${deep}}`),
    "claims that are no JSON": await sign("{"),
    "claims that are a list": await sign([{ put: "" }]),
    "claims that are null": await sign(null),
    "nothing that is allowed": await sign({ root: "a" }),
    "empty lists": await sign({ put: [], get: [] }),
    "a put that is a number": await sign({ put: 1 }),
    "a put with a number in it": await sign({ put: ["a", 1] }),
    "a put of an object": await sign({ put: { length: 1, 0: "" } }),
    "a root that is a list": await sign({ root: [], put: "" }),
    "too many prefixes": await sign({ put: Array(257).fill("a") }),
    "an exp that is text": await sign({ put: "", exp: "9999999999" }),
    "an exp beyond all numbers": await sign(`{"put":"","exp":1e999}`),
    "an exp that is null": await sign({ put: "", exp: null }),
    "a cluster that is text": await sign({ put: "", cluster: "false" }),
    "a jti that is an object": await sign({ put: "", jti: {} }),
    "limits that nobody knows": await sign({ put: "", limits: { sessions: 1 } }),
    "a path_auth that is a list": await sign({ path_auth: ["a"] }),
    "bytes that are no text": await sign(String.fromCharCode(0xd800)),
    "text": "token",
    "nothing": "",
    "dots": "..",
    "four parts": `${good}.x`,
    "with white space": ` ${good}`,
    "with padding": `${good}=`,
    "five parts, as of encryption": "a.b.c.d.e",
  };
}

Deno.test("hostile tokens are refused, each without a fault and without being repeated", async (test) => {
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(publicKey), alg: "ES256", kid: "es" };
  const verifier = await verifierOf(SECRET, jwk);
  assert.equal((await verifier.verify(await sign({ put: "" }))).ok, true);
  for (const [what, token] of Object.entries(await hostileTokens())) {
    await test.step(what, async () => {
      const verified = await verifier.verify(token);
      assert.ok(!verified.ok);
      assert.ok(token.length < 8 || !verified.refusal.reason.includes(token.slice(0, 20)));
    });
  }
});

for (
  const [what, key, reason] of [
    ["a short secret", { kty: "oct", alg: "HS256", k: base64url.encode("short") }, /32 bytes/],
    ["another curve", { kty: "EC", alg: "ES256", crv: "P-384", x: "a", y: "a" }, /crv/],
    ["a secret with an alg for keys in pairs", { ...SECRET, alg: "ES256" }, /alg/],
    ["no alg", { kty: "oct", k: SECRET.k }, /alg/],
    ["alg none", { ...SECRET, alg: "none" }, /alg/],
    ["an unknown kty", { ...SECRET, kty: "constructor" }, /kty/],
    ["a scope that is none", { ...SECRET, scope: false }, /scope/],
    ["no numbers", { kty: "EC", alg: "ES256", crv: "P-256" }, /incomplete/],
  ] as const
) {
  Deno.test(`a key with ${what} is refused`, async () => {
    await assert.rejects(readKeys(JSON.stringify(key)), reason);
  });
}

Deno.test("keys are read as moq-dev writes them, and for signatures alone", async () => {
  const text = base64url.encode(JSON.stringify({ ...SECRET, key_ops: ["sign", "verify"] }));
  assert.equal((await readKeys(`${text}\n`))[0]?.keyId, "main");
  assert.equal((await readKeys(JSON.stringify({ ...SECRET, key_ops: ["sign"] }))).length, 1);
  for (const other of [{ use: "enc" }, { key_ops: ["encrypt"] }, { key_ops: [] }]) {
    assert.deepEqual(await readKeys(JSON.stringify({ keys: [{ ...SECRET, ...other }] })), []);
  }
  for (const text of ["", "{", "[]", "null", "1", '{"keys":{}}', '{"keys":[1]}']) {
    await assert.rejects(readKeys(text));
  }
});

const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature of ECDSA that is as good. */
function mirrored(signature: string): string {
  const bytes = base64url.decode(signature);
  const s = BigInt(`0x${bytes.subarray(32).toHex()}`);
  bytes.set(Uint8Array.fromHex((ORDER_OF_P256 - s).toString(16).padStart(64, "0")), 32);
  return base64url.encode(bytes);
}

Deno.test("a token without an id keeps its name however its signature is written", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const verifier = await verifierOf({ ...await exportJWK(publicKey), alg: "ES256", kid: "ec" });
  const token = await new SignJWT({ get: "" })
    .setProtectedHeader({ alg: "ES256", kid: "ec" }).sign(privateKey);
  const [header, claims, signature] = token.split(".") as [string, string, string];
  const good = await verifier.verify(token);
  assert.ok(good.ok);
  const other = await verifier.verify(`${header}.${claims}.${mirrored(signature)}`);
  assert.ok(other.ok);
  assert.deepEqual(other.value.holder, good.value.holder);
  const different = await verifier.verify(
    await new SignJWT({ get: "", put: "" })
      .setProtectedHeader({ alg: "ES256", kid: "ec" }).sign(privateKey),
  );
  assert.ok(different.ok);
  assert.notEqual(different.value.holder.tokenId, good.value.holder.tokenId);
});
