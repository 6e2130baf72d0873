import { done, refused } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { MAX_REFUSED_TOKENS, MAX_TOKEN_BYTES, MAX_TOKENS } from "./limits.ts";
import type { Denial } from "./denial.ts";
import type { Policy } from "./policy.ts";
import type { Token } from "./judge.ts";
import { VerifiedTokens } from "./verified_tokens.ts";

const POLICY: Policy = {
  holder: { tokenId: "t", subject: undefined, tenant: undefined, keyId: undefined },
  rules: { publish: [], announce: [], subscribe: [], fetch: [], status: [], see: [] },
  until: 10_000,
  limits: {},
  isRelay: false,
};

const EXPIRED: Denial = { kind: "expired_auth_token", reason: "it has expired", isFinal: true };

/** Takes every token that begins with `good`, and counts how often it is asked. */
function tokens() {
  const clock = new ManualClock();
  const corrected = { back: 0, wall: () => clock.wall() - corrected.back };
  const verifier = {
    keys: [],
    asked: 0,
    expired: EXPIRED as Denial,
    takes: (kind: Token["kind"]) => kind === "jwt",
    ofNobody: () => Promise.resolve(done(undefined)),
    verify({ text }: Token) {
      verifier.asked++;
      if (text.startsWith("old") || text.startsWith("good") && corrected.wall() >= POLICY.until) {
        return Promise.resolve(refused(verifier.expired));
      }
      return Promise.resolve(
        text.startsWith("good")
          ? done(POLICY)
          : refused({ kind: "unauthorized" as const, reason: "bad" }),
      );
    },
  };
  return { clock, corrected, verifier, tokens: new VerifiedTokens(verifier, PEER, corrected) };
}

const PEER = { path: "/", remoteAddress: "127.0.0.1:1", protocol: "moqt-20" };
const UNAUTHORIZED = "unauthorized";
const jwt = (text: string): Token => ({ kind: "jwt", text });
const shown = (text: string, type = 0n) => [{ type, value: new TextEncoder().encode(text) }];

Deno.test("a token is verified once, again when the keys change, and not beyond its end", async () => {
  const { clock, verifier, tokens: known } = tokens();
  for (let time = 0; time < 3; time++) assert.equal((await known.of([jwt("good")])).ok, true);
  assert.equal(verifier.asked, 1);
  verifier.keys = [];
  assert.equal((await known.of([jwt("good")])).ok, true);
  assert.equal(verifier.asked, 2);
  await clock.advance(10_000);
  assert.equal((await known.of([jwt("good")])).ok, false);
});

Deno.test("a session that shows bad tokens again and again costs no more signatures", async () => {
  const { verifier, tokens: known } = tokens();
  for (let at = 0; at < 10 * MAX_REFUSED_TOKENS; at++) await known.of([jwt(`bad ${at}`)]);
  assert.equal(verifier.asked, MAX_REFUSED_TOKENS);
  const refusal = await known.of([jwt("good")]);
  assert.match(refusal.ok ? "" : refusal.refusal.reason, /were no good/);
});

Deno.test("a token that was good fails as expired however often it is used, and lets others be good", async () => {
  const { clock, verifier, tokens: known } = tokens();
  const uses = async (text: string) => {
    const used = await known.of([jwt(text)]);
    return used.ok ? "good" : used.refusal.kind;
  };
  assert.equal(await uses("good"), "good");
  await clock.advance(10_000);
  for (let at = 0; at < 10 * MAX_REFUSED_TOKENS; at++) {
    assert.equal(await uses("good"), "expired_auth_token");
  }
  assert.equal(verifier.asked, 2);
  // One that was expired from the first counts once.
  for (let at = 0; at < 10 * MAX_REFUSED_TOKENS; at++) await uses("old");
  assert.equal(verifier.asked, 3);
  for (let at = 1; at < MAX_REFUSED_TOKENS; at++) {
    assert.equal(await uses(`bad ${at}`), UNAUTHORIZED);
  }
  assert.equal(verifier.asked, 2 + MAX_REFUSED_TOKENS);
  await uses("bad");
  assert.equal(verifier.asked, 2 + MAX_REFUSED_TOKENS);
  assert.equal(await uses("old"), "expired_auth_token");
});

Deno.test("many tokens that have expired cost no more signatures than others that are no good", async () => {
  const { verifier, tokens: known } = tokens();
  for (let at = 0; at < 10 * MAX_REFUSED_TOKENS; at++) await known.of([jwt(`old ${at % 100}`)]);
  assert.equal(verifier.asked, MAX_REFUSED_TOKENS);
});

Deno.test("what may change is asked again: a hook's no, and the clock that is set back", async () => {
  const { clock, corrected, verifier, tokens: known } = tokens();
  verifier.expired = { kind: "expired_auth_token", reason: "it has expired" };
  await known.of([jwt("good")]);
  await clock.advance(10_000);
  for (let at = 0; at < 2 * MAX_REFUSED_TOKENS; at++) await known.of([jwt("good")]);
  assert.equal(verifier.asked, 1 + 2 * MAX_REFUSED_TOKENS);
  verifier.expired = EXPIRED;
  assert.equal((await known.of([jwt("good")])).ok, false);
  corrected.back = 5_000;
  assert.equal((await known.of([jwt("good")])).ok, true);
});

Deno.test("nor does one that shows many at once, and a good one is verified once for all requests", async () => {
  const { verifier, tokens: known } = tokens();
  const asked = Array.from({ length: 50 }, () => known.of([jwt("good")]));
  assert.ok((await Promise.all(asked)).every(({ ok }) => ok));
  assert.equal(verifier.asked, 1);
  const bad = Array.from(
    { length: 10 * MAX_REFUSED_TOKENS },
    (_, at) => known.of([jwt(`bad ${at}`)]),
  );
  await Promise.all(bad);
  assert.equal(verifier.asked, 1 + MAX_REFUSED_TOKENS);
});

Deno.test("tokens beyond a number or a size are refused unseen, those of unknown types ignored", async () => {
  const { verifier, tokens: known } = tokens();
  assert.equal((await known.of(Array(MAX_TOKENS + 1).fill(jwt("good")))).ok, false);
  assert.equal((await known.ofShown(shown("x".repeat(MAX_TOKEN_BYTES + 1)))).ok, false);
  assert.deepEqual(await known.ofShown(shown("bad", 0x9dn)), done([]));
  assert.equal(verifier.asked, 0);
});
