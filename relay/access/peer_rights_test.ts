import { done } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { fieldsOf } from "./paths.ts";
import { steeringOf } from "../../tests/support/worlds/plain_tokens.ts";
import { PeerRights } from "./peer_rights.ts";
import { type Policy, prefixRule } from "./policy.ts";
import { VerifiedTokens } from "./verified_tokens.ts";

function policyOf(path: string, until: number): Policy {
  const rules = [prefixRule(fieldsOf(path))];
  return {
    holder: { tokenId: path, subject: undefined, tenant: undefined, keyId: undefined },
    rules: {
      publish: rules,
      announce: rules,
      subscribe: rules,
      fetch: rules,
      status: rules,
      see: rules,
    },
    until,
    limits: {},
    isRelay: false,
  };
}

Deno.test("a request whose token is verified when its session is over leaves no timer", async () => {
  const clock = new ManualClock();
  const verified = Promise.withResolvers<void>();
  const judge = {
    keys: [],
    takes: () => true,
    ofNobody: () => Promise.resolve(done(undefined)),
    verify: async () => {
      await verified.promise;
      return done(policyOf("live", 31_536_000_000));
    },
  };
  const rights = new PeerRights({
    policies: [policyOf("other", 31_536_000_000)],
    path: [],
    tokens: new VerifiedTokens(judge, { path: "/", remoteAddress: "", protocol: "moqt-20" }, clock),
    clock,
    session: 1,
    bans: steeringOf(clock),
  });
  rights.onLost(() => {});
  const asked = rights.authorize({
    action: "subscribe",
    namespace: fieldsOf("live"),
    tokens: [{ type: 0n, value: new TextEncoder().encode("t") }],
  });
  rights.close();
  verified.resolve();
  const permit = await asked;
  assert.ok(permit.ok);
  permit.value.onLost(() => assert.fail("the session is over"));
  permit.value.release();
  assert.equal(clock.pending, 0);
});

Deno.test("a request that goes on without its own token waits for nothing that is over", async () => {
  const clock = new ManualClock();
  const judge = {
    keys: [],
    takes: () => true,
    ofNobody: () => Promise.resolve(done(undefined)),
    verify: () => Promise.resolve(done(policyOf("live", 5_000))),
  };
  const rights = new PeerRights({
    policies: [policyOf("live", Infinity)],
    path: [],
    tokens: new VerifiedTokens(judge, { path: "/", remoteAddress: "", protocol: "moqt-20" }, clock),
    clock,
    session: 1,
    bans: steeringOf(clock),
  });
  rights.onLost(() => {});
  const permit = await rights.authorize({
    action: "subscribe",
    namespace: fieldsOf("live"),
    tokens: [{ type: 0n, value: new TextEncoder().encode("t") }],
  });
  assert.ok(permit.ok);
  permit.value.onLost(() => assert.fail("the session allows it"));
  assert.equal(clock.pending, 1);
  await clock.advance(5_000);
  assert.equal(clock.pending, 0);
});
