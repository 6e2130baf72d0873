import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, generateSecret, type JWK, SignJWT } from "jose";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { clientGate, type Rights, type ShownToken } from "../session/rights.ts";
import { readKeys } from "./keys.ts";
import { steeringOf } from "../../tests/support/worlds/plain_tokens.ts";
import { RelayGate } from "./relay_gate.ts";
import { RELAY_TOKEN_TYPE, signRelayToken } from "./relay_tokens.ts";
import { RelayVerifier } from "./relay_verifier.ts";
import { readSigningKey } from "./signing_keys.ts";
import type { Steering } from "./steering.ts";

const LIFETIME_MS = 300_000;
const SKEW_MS = 10_000;

const extractable = { extractable: true };
const shared = { ...await exportJWK(await generateSecret("HS256", extractable)), alg: "HS256" };
const { privateKey } = await generateKeyPair("ES256", extractable);
const lyon = { ...await exportJWK(privateKey), alg: "ES256", kid: "lyon-1", sub: "lyon" };
const narrow = {
  ...await exportJWK((await generateKeyPair("EdDSA", extractable)).privateKey),
  alg: "EdDSA",
  scope: { root: "lyon", put: "", get: "" },
};
const stranger = { ...await exportJWK(await generateSecret("HS256", extractable)), alg: "HS256" };

const signing = (jwk: JWK) => readSigningKey(JSON.stringify(jwk));
const trusted = await readKeys(JSON.stringify({ keys: [shared, lyon, narrow] }));

/** The gate of the relay `madrid`. */
function madrid(clock = new ManualClock(), bans?: Steering) {
  const verifier = new RelayVerifier({
    keys: () => trusted,
    audience: "madrid",
    clock,
    clockSkewMs: SKEW_MS,
  });
  return {
    clock,
    gate: new RelayGate({ verifier, others: clientGate, clock, ...(bans && { bans }) }),
  };
}

function shown(token: string): ShownToken {
  return { type: 0n, value: new TextEncoder().encode(token) };
}

function peer(relayName: string | undefined, ...tokens: readonly string[]) {
  return {
    path: "",
    tokens: tokens.map(shown),
    session: 1,
    remoteAddress: "10.0.0.1:4433",
    protocol: "moqt",
    relayName,
  };
}

const now = new ManualClock().wall();
const claims = { name: "lyon", audience: "madrid", now, lifetimeMs: LIFETIME_MS };
const sign = async (jwk: JWK, said: Partial<typeof claims> = {}) =>
  await signRelayToken(await signing(jwk), { ...claims, ...said });

/** A token that is signed with a key of the mesh and says whatever it likes. */
async function crafted(header: object, payload: Record<string, unknown>): Promise<string> {
  const key = Uint8Array.fromBase64(shared.k!, { alphabet: "base64url" });
  return await new SignJWT({
    sub: "lyon",
    aud: "madrid",
    iat: now / 1_000,
    exp: now / 1_000 + 60,
    jti: "t",
    cluster: true,
    ...payload,
  }).setProtectedHeader({ alg: "HS256", typ: RELAY_TOKEN_TYPE, ...header }).sign(key);
}

const unsigned = () => {
  const part = (value: object) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const payload = { sub: "lyon", aud: "madrid", cluster: true, exp: now / 1_000 + 60 };
  return Promise.resolve(`${part({ alg: "none", typ: RELAY_TOKEN_TYPE })}.${part(payload)}.`);
};

for (
  const [what, said, tokens, outcome] of [
    ["with the key of the mesh", "lyon", [() => sign(shared)], "lyon"],
    ["with its own key", "lyon", [() => sign(lyon)], "lyon"],
    ["by a protocol that names no relays", undefined, [() => sign(lyon)], "lyon"],
    ["with a clock that is behind", "lyon", [() => sign(lyon, { now: now - 305_000 })], "lyon"],
    ["with a clock that is ahead", "lyon", [() => sign(lyon, { now: now + 9_000 })], "lyon"],
    ["with nothing", "lyon", [], /does not prove it/],
    ["with the token of another relay", "paris", [() => sign(lyon)], /says it is paris/],
    [
      "with the key of another relay",
      "paris",
      [() => sign(lyon, { name: "paris" })],
      /another relay's/,
    ],
    [
      "with a token for another relay",
      "lyon",
      [() => sign(lyon, { audience: "rome" })],
      /for another relay/,
    ],
    ["with a key of its own", "lyon", [() => sign(stranger)], /no key of this mesh/],
    ["with one that is over", "lyon", [() => sign(lyon, { now: now - 311_000 })], /expired/],
    [
      "with one of tomorrow",
      "lyon",
      [() => sign(lyon, { now: now + 11_000 })],
      /not valid yet|iat/,
    ],
    ["with one that nobody signed", "lyon", [unsigned], /no key of this mesh/],
    ["with two", "lyon", [() => sign(lyon), () => sign(shared)], /one token/],
    ["with the token of a user", "lyon", [() => crafted({ typ: "JWT" }, {})], /does not prove/],
    [
      "with one that makes no relays",
      "lyon",
      [() => crafted({}, { cluster: false })],
      /nobody a relay/,
    ],
    [
      "with one of two days",
      "lyon",
      [() => crafted({}, { exp: now / 1_000 + 172_800 })],
      /lasts too long/,
    ],
    ["with one that never ends", "lyon", [() => crafted({}, { exp: undefined })], /exp/],
    ["with one for nobody", "lyon", [() => crafted({}, { aud: undefined })], /another relay/],
  ] as const
) {
  const verdict = typeof outcome === "string" ? "is let in" : "is refused";
  Deno.test(`a relay that comes ${what} ${verdict}`, async () => {
    const { gate } = madrid();
    const admitted = await gate.admit(
      peer(said, ...await Promise.all(tokens.map((token) => token()))),
    );
    if (typeof outcome === "string") {
      assert.ok(admitted.ok, JSON.stringify(admitted));
      assert.equal(admitted.value.holder.subject, outcome);
      assert.equal(admitted.value.isRelay, true);
      admitted.value.close();
    } else {
      assert.ok(!admitted.ok);
      assert.match(admitted.refusal.reason, outcome);
    }
  });
}

async function letIn(gate: RelayGate, token: string): Promise<Rights> {
  const admitted = await gate.admit(peer("lyon", token));
  assert.ok(admitted.ok, JSON.stringify(admitted));
  return admitted.value;
}

Deno.test("a link whose relay proves its name again in time goes on, and another one ends", async () => {
  const { clock, gate } = madrid();
  const ends: string[] = [];
  const rights = await letIn(gate, await sign(lyon));
  rights.onLost(({ kind, reason }) => void ends.push(`${kind}: ${reason}`));
  for (let turn = 0; turn < 4; turn++) {
    await clock.advance(LIFETIME_MS / 2);
    assert.ok((await rights.renew([shown(await sign(lyon, { now: clock.wall() }))])).ok);
  }
  await clock.advance(LIFETIME_MS + SKEW_MS - 1_000);
  assert.deepEqual(ends, []);
  await clock.advance(2_000);
  assert.equal(ends.length, 1);
  assert.match(ends[0]!, /^expired_auth_token: the relay lyon/);
  rights.close();
  assert.equal(clock.pending, 0);
});

Deno.test("a proof that was shown lets nobody else in, and prolongs no session", async () => {
  const { clock, gate } = madrid();
  const [first, second] = [await sign(lyon), await sign(lyon)];
  const rights = await letIn(gate, first);
  assert.ok((await rights.renew([shown(second)])).ok);
  for (const seen of [first, second]) {
    const again = await gate.admit(peer("lyon", seen));
    assert.equal(again.ok ? "in" : again.refusal.kind, "unauthorized");
    assert.match(again.ok ? "" : again.refusal.reason, /[0-9a-f-]{36} of lyon was shown before/);
    assert.equal((await rights.renew([shown(seen)])).ok, false);
  }
  rights.close();
  // Nor after the session that showed it, for as long as it is good.
  await clock.advance(LIFETIME_MS + SKEW_MS - 1);
  assert.equal((await gate.admit(peer("lyon", first))).ok, false);
  const next = await letIn(gate, await sign(lyon, { now: clock.wall() }));
  next.close();
});

Deno.test("a link does not go on by the proof of another relay", async () => {
  const { clock, gate } = madrid();
  const rights = await letIn(gate, await sign(shared));
  const renewed = await rights.renew([shown(await sign(shared, { name: "rome" }))]);
  assert.ok(!renewed.ok);
  assert.match(renewed.refusal.reason, /not lyon's/);
  const ended = Promise.withResolvers<void>();
  rights.onLost(() => ended.resolve());
  await clock.advance(LIFETIME_MS + SKEW_MS + 1_000);
  await ended.promise;
  rights.close();
});

Deno.test("a relay whose key has a scope announces nothing beside it", async () => {
  const { gate } = madrid();
  const rights = await letIn(gate, await sign(narrow));
  const asks = (name: string) =>
    rights.authorize({
      action: "publish_namespace",
      namespace: [new TextEncoder().encode(name)],
      tokens: [],
    });
  assert.ok((await asks("lyon")).ok);
  const other = await asks("paris");
  assert.ok(!other.ok);
  assert.match(other.refusal.reason, /key of the relay lyon/);
  rights.close();
});

/** What a controller says when something of the relay `lyon` is revoked. */
function revocation(kind: "subject" | "key" | "token", value: string) {
  const times = { created_at: "1970-01-01T00:00:00.000Z", expires_at: "9999-01-01T00:00:00.000Z" };
  return {
    revocations: [{ id: `${kind}-${value}`, kind, value, reason: "stolen", ...times }],
    policies: [],
    unrevoked: [],
    unlimited: [],
  };
}

for (const [kind, value] of [["subject", "lyon"], ["key", "lyon-1"]] as const) {
  Deno.test(`a relay whose ${kind} is revoked loses its session at once, and comes in no more`, async () => {
    const clock = new ManualClock();
    const bans = steeringOf(clock);
    const { gate } = madrid(clock, bans);
    const admitted = await gate.admit(peer("lyon", await sign(lyon)));
    const other = await gate.admit({
      ...peer("paris", await sign(shared, { name: "paris" })),
      session: 2,
    });
    assert.ok(admitted.ok && other.ok);
    const told: string[] = [];
    admitted.value.onLost(({ kind, reason }) => told.push(`${kind}: ${reason}`));
    other.value.onLost(() => assert.fail("another relay is cut"));
    bans.change(revocation(kind, value));
    assert.match(told.join(), /^unauthorized: token .* is revoked by its (subject|key)$/);
    const again = await gate.admit(peer("lyon", await sign(lyon)));
    assert.equal(again.ok ? "in" : again.refusal.kind, "unauthorized");
    // Neither does it prove its name anew where it is still.
    const renewed = await admitted.value.renew([shown(await sign(lyon))]);
    assert.equal(renewed.ok, false);
    for (const { value } of [admitted, other]) value.close();
    assert.deepEqual([bans.present.sessions.size, bans.present.having({ kind, value })], [0, []]);
    bans.close();
  });
}

Deno.test("a relay that is revoked while its session begins loses it then", async () => {
  const clock = new ManualClock();
  const bans = steeringOf(clock);
  const admitted = await madrid(clock, bans).gate.admit(peer("lyon", await sign(lyon)));
  assert.ok(admitted.ok);
  bans.change(revocation("subject", "lyon"));
  let told = "";
  admitted.value.onLost(({ kind }) => told = kind);
  assert.equal(told, "unauthorized");
  admitted.value.close();
  bans.close();
});
