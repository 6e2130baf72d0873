import type { Token as WireToken } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { CatVerifier } from "../../relay/access/cat/cat_verifier.ts";
import { readClaims } from "../../relay/access/claims.ts";
import { Hook } from "../../relay/access/hook/hook.ts";
import type { Answer, Question } from "../../relay/access/hook/hook_client.ts";
import { readKeys, type VerifyingKey } from "../../relay/access/keys.ts";
import { type PublicPrefixes, TokenGate } from "../../relay/access/token_gate.ts";
import { TokenJudge } from "../../relay/access/token_judge.ts";
import { Verifier } from "../../relay/access/verifier.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { bytesOf, CAT_KEY, catOf } from "../support/worlds/cats.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";
import { steeringOf } from "../support/worlds/plain_tokens.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { announce, announcing, closedWith, refused, sendSubscribeOk, subscribe } from "./script.ts";

const ALL = { root: "", put: "", get: "" };
const REFUSED: Answer = { kind: "refused" };

function allowed(claims: object, lifetimeMs = 60_000): Answer {
  const read = readClaims(claims, { keyId: undefined });
  assert.ok(read.ok);
  return { kind: "allowed", allowed: { ...read.value, lifetimeMs } };
}

/** A relay with a key for CAT, and with a hook that answers by this function. */
async function worldOf(
  answer: (question: Question) => Answer,
  open: PublicPrefixes = { publish: [], subscribe: [] },
) {
  let keys: readonly VerifyingKey[] = await readKeys(JSON.stringify({ keys: [CAT_KEY] }));
  const questions: Question[] = [];
  const given = { answer };
  const client = {
    ask(question: Question) {
      questions.push(question);
      return Promise.resolve(given.answer(question));
    },
  };
  const world = new SessionWorld({
    gate(clock) {
      const ring = { keys: () => keys, clock, clockSkewMs: 0 };
      const settings = { audience: [], issuers: [], moqtClaim: 327, moqtRevalClaim: 328 };
      const counts = { allowed: 0, refused: 0, failed: 0, kept: 0, not_asked: 0 };
      const { log } = memoryLog();
      const judge = new TokenJudge({
        jwt: new Verifier(ring),
        cat: new CatVerifier({ ...ring, settings }),
        hook: new Hook({ client, clock, clockSkewMs: 0, log, counts }),
      });
      const steering = steeringOf(clock);
      return new TokenGate({ judge, public: open, lateTokens: false, clock, steering });
    },
  });
  return {
    world,
    questions,
    given,
    removeKeys: () => void (keys = []),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const opaque = (text: string): WireToken => ({ alias: "none", type: 0n, value: bytesOf(text) });
const showing = (...tokens: WireToken[]) => ({ setup: { authorizationTokens: tokens } });

Deno.test("a hook decides about tokens that no key signed, and its answer is for the path", async () => {
  await using relay = await worldOf(({ token }) =>
    token === "alice" ? allowed({ root: "live", get: "", sub: "alice" }) : REFUSED
  );
  const { world } = relay;
  const viewer = await world.connect(showing(opaque("alice")));
  await refused(await subscribe(viewer, {}, trackOf("live/x", "v")), "DOES_NOT_EXIST");
  await refused(await subscribe(viewer, {}, trackOf("other", "v")), "UNAUTHORIZED");
  await closedWith(
    await world.connect(showing(opaque("mallory"))),
    "unauthorized",
    /hook refuses token/,
  );
  assert.deepEqual(relay.questions.map(({ token }) => token), ["alice", "mallory"]);
  assert.ok(!JSON.stringify(world.lines).includes("mallory"));
});

Deno.test("a hook is asked about who has no token, and what is public needs no yes of it", async () => {
  await using relay = await worldOf(
    ({ path }) => path === "/free" ? allowed({ get: "free" }) : REFUSED,
    { publish: [], subscribe: ["demo"] },
  );
  const { world } = relay;
  const free = await world.connect({ setup: { path: "/free" } });
  await refused(await subscribe(free, {}, trackOf("x", "v")), "DOES_NOT_EXIST");
  const other = await world.connect({ setup: { path: "/demo" } });
  await refused(await subscribe(other, {}, trackOf("x", "v")), "DOES_NOT_EXIST");
  await closedWith(await world.connect({ setup: { path: "/more" } }), "unauthorized", /./);
});

Deno.test("a session goes on while the hook allows it, and ends when the hook refuses it", async () => {
  await using relay = await worldOf(() => allowed(ALL));
  const { world } = relay;
  const peer = await announcing(world, "live", showing(opaque("t")));
  await world.advance(300_000);
  await world.stillPending(peer.closed, "The end of the session");
  const asked = relay.questions.length;
  assert.ok(asked >= 6 && asked <= 8, String(asked));
  relay.given.answer = () => REFUSED;
  await world.advance(60_000);
  await closedWith(peer, "unauthorized", /hook refuses token/);
});

Deno.test("a hook that answers no more ends a session when its time is over, and not before", async () => {
  await using relay = await worldOf(() => allowed(ALL));
  const { world } = relay;
  const peer = await announcing(world, "live", showing(opaque("t")));
  relay.given.answer = () => ({ kind: "failed", reason: "it is down", isOfQuestion: false });
  await world.advance(59_999);
  await world.stillPending(peer.closed, "The end of the session");
  await world.advance(1);
  await closedWith(peer, "expired_auth_token", /has expired/);
});

Deno.test("a subscription that a hook no longer allows is cut, and others of the session are not", async () => {
  await using relay = await worldOf(({ token }) =>
    allowed(token === "publisher" ? ALL : { get: ["a", "b"] })
  );
  const { world } = relay;
  const publisher = await announcing(world, "a", showing(opaque("publisher")));
  await announce(publisher, "b");
  const viewer = await world.connect(showing(opaque("viewer")));
  const subscriptions = [];
  for (const [at, name] of ["a", "b"].entries()) {
    subscriptions.push(await subscribe(viewer, {}, trackOf(name, "v")));
    const { request } = await publisher.expectRequest("subscribe");
    await sendSubscribeOk(request, { alias: BigInt(at) });
    await subscriptions[at]!.expect("subscribeOk");
  }
  const [first, second] = subscriptions;
  relay.given.answer = ({ token }) => allowed(token === "publisher" ? ALL : { get: "b" });
  await world.advance(60_000);
  assert.equal((await first!.expect("publishDone")).code, "unauthorized");
  await world.stillPending(second!.next(), "The end of the other subscription");
});

Deno.test("a CAT is shown in SETUP with its type, and counts whatever the path is", async () => {
  await using relay = await worldOf(() => REFUSED);
  const scopes = [[[4], [bytesOf("live"), null], [1, bytesOf("cam")]]];
  const value = catOf(new Map<number, unknown>([[327, scopes], [2, "alice"]]));
  const token = { alias: "none" as const, type: 1n, value };
  for (const path of ["", "/any"]) {
    const viewer = await relay.world.connect({ setup: { authorizationTokens: [token], path } });
    await refused(await subscribe(viewer, {}, trackOf("live", "cam1")), "DOES_NOT_EXIST");
    for (const name of [trackOf("live", "mic"), trackOf("live/x", "cam"), trackOf("x", "cam")]) {
      await refused(await subscribe(viewer, {}, name), "UNAUTHORIZED");
    }
  }
  const text = encodeURIComponent(value.toBase64());
  const viewer = await relay.world.connect({ setup: { path: `/any?cat=${text}` } });
  await refused(await subscribe(viewer, {}, trackOf("live", "cam1")), "DOES_NOT_EXIST");
  await closedWith(
    await relay.world.connect({ setup: { path: `/any?cat=${text.slice(8)}` } }),
    "malformed_auth_token",
    /the CAT/,
  );
  assert.deepEqual(relay.questions, []);
});

Deno.test("a session with a CAT to look at again ends when its key is removed", async () => {
  await using relay = await worldOf(() => REFUSED);
  const claims = new Map<number, unknown>([[327, [[[2, 4]]]], [328, 10], [7, bytesOf("t1")]]);
  const token = { alias: "none" as const, type: 1n, value: catOf(claims) };
  const peer = await relay.world.connect(showing(token));
  await announce(peer, "live");
  await relay.world.advance(60_000);
  await relay.world.stillPending(peer.closed, "The end of the session");
  relay.removeKeys();
  await relay.world.advance(10_000);
  await closedWith(peer, "unauthorized", /token t1 is signed by no key that this relay still has/);
});
