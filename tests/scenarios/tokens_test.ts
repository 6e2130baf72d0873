import { done, refused as denied } from "@qumo/shared/runtime";
import { type Token } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { MAX_REFUSED_TOKENS } from "../../relay/access/limits.ts";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { plainGate } from "../support/worlds/plain_tokens.ts";
import type { Question } from "../support/worlds/scripted_gate.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  frame,
  refused,
  subscribe,
  watch,
} from "./script.ts";

const text = (value: string) => new TextEncoder().encode(value);
const value = (value: string): Token => ({ alias: "none", type: 0n, value: text(value) });
const register = (id: bigint, value: string): Token => ({
  alias: "register",
  id,
  type: 0n,
  value: text(value),
});
const use = (id: bigint): Token => ({ alias: "use", id });
const remove = (id: bigint): Token => ({ alias: "delete", id });

/** A world that lets in what shows a token `good`, and says what it saw. */
function guarded(): { world: SessionWorld; seen: string[] } {
  const seen: string[] = [];
  const world = new SessionWorld({
    authorizer: ({ action, tokens }: Question) => {
      const values = tokens.map(({ value }) => new TextDecoder().decode(value));
      seen.push(`${action}: ${values.join(" ")}`);
      if (action === "setup" || values.includes("good")) return done(undefined);
      if (values.includes("broken")) {
        return denied({ kind: "malformed_auth_token", reason: "broken" });
      }
      if (values.includes("old")) return denied({ kind: "expired_auth_token", reason: "old" });
      return denied({ kind: "unauthorized", reason: "no" });
    },
  });
  return { world, seen };
}

function offer(peer: ScriptedPeer, path: string, ...tokens: readonly Token[]) {
  return peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf(path),
    parameters: { authorizationTokens: tokens },
  });
}

Deno.test("R-184: a token that cannot be decoded closes the session with KEY_VALUE_FORMATTING_ERROR", async () => {
  for (const token of [[9n], [1n], [3n], []]) {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const parts = [0n, 1n, 1n, "a", 1n, 3n, BigInt(token.length), ...token];
    await peer.openRequest(frame(0x6n, parts));
    await closedWith(peer, "key_value_formatting_error");
  }
});

Deno.test("R-184: an alias that is registered twice closes with DUPLICATE_AUTH_TOKEN_ALIAS", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await (await offer(peer, "a", register(1n, "good"))).expect("requestOk");
  await offer(peer, "b", register(1n, "good"));
  await closedWith(peer, "duplicate_auth_token_alias");
});

Deno.test("R-184: an alias that is not registered closes with UNKNOWN_AUTH_TOKEN_ALIAS", async () => {
  for (const token of [use(1n), remove(1n)]) {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await offer(peer, "a", token);
    await closedWith(peer, "unknown_auth_token_alias");
  }
});

Deno.test("R-184: a malformed token is refused with MALFORMED_AUTH_TOKEN", async () => {
  const { world } = guarded();
  await using _ = world;
  const peer = await world.connect();
  await refused(await offer(peer, "a", value("broken")), "MALFORMED_AUTH_TOKEN");
  await (await offer(peer, "a", value("good"))).expect("requestOk");
});

Deno.test("R-185: a token is registered by a message that is refused", async () => {
  const { world } = guarded();
  await using _ = world;
  const peer = await world.connect();
  await refused(await offer(peer, ".", register(1n, "good")), "DOES_NOT_EXIST");
  await refused(await offer(peer, "a", register(2n, "bad")), "UNAUTHORIZED");
  await (await offer(peer, "a", use(1n))).expect("requestOk");
  await refused(await offer(peer, "b", use(2n)), "UNAUTHORIZED");
});

Deno.test("R-185: by one that is refused before anybody looks at it, too", async () => {
  await using world = new SessionWorld({ limits: { maxSubscriptions: 0, maxRequests: 1 } });
  const peer = await world.connect();
  const tokens = (token: Token) => ({ authorizationTokens: [token] });
  await refused(await subscribe(peer, tokens(register(1n, "a"))), "EXCESSIVE_LOAD");
  await announce(peer, "a");
  await refused(await subscribe(peer, tokens(register(2n, "b"))), "EXCESSIVE_LOAD");
  for (const id of [1n, 2n]) await refused(await offer(peer, "x", use(id)), "EXCESSIVE_LOAD");
});

Deno.test("R-185: and by updates", async () => {
  const { world, seen } = guarded();
  await using _ = world;
  const peer = await world.connect();
  const request = await offer(peer, "a", value("good"));
  await request.expect("requestOk");
  await request.send({
    kind: "requestUpdate",
    requestId: peer.takeRequestId(),
    parameters: { authorizationTokens: [register(5n, "good")] },
  });
  await request.expect("requestOk");
  await (await offer(peer, "b", use(5n))).expect("requestOk");
  assert.equal(seen.at(-1), "publish_namespace: good");
});

Deno.test("R-186: an alias lives until it is deleted, also when its token has expired", async () => {
  const { world } = guarded();
  await using _ = world;
  const peer = await world.connect();
  await refused(await offer(peer, "a", register(1n, "old")), "EXPIRED_AUTH_TOKEN");
  await world.advance(3_600_000);
  await refused(await offer(peer, "a", use(1n)), "EXPIRED_AUTH_TOKEN");
  await (await offer(peer, "a", remove(1n), value("good"))).expect("requestOk");
  await (await offer(peer, "b", register(1n, "good"))).expect("requestOk");
  await offer(peer, "c", remove(1n), use(1n));
  await closedWith(peer, "unknown_auth_token_alias");
});

Deno.test("R-186: an alias of a token that has expired fails with that however often, and ends nothing", async () => {
  await using world = new SessionWorld({ gate: (clock) => plainGate(clock, { lateTokens: true }) });
  const peer = await world.connect();
  const claims = (exp: number) => JSON.stringify({ root: "", put: "", exp });
  const request = await offer(peer, "a", register(1n, claims(60)));
  await request.expect("requestOk");
  await world.advance(61_000);
  for (let time = 0; time < 3 * MAX_REFUSED_TOKENS; time++) {
    await refused(await offer(peer, "a", use(1n)), "EXPIRED_AUTH_TOKEN");
  }
  await (await offer(peer, "a", remove(1n), register(1n, claims(600)))).expect("requestOk");
  await (await offer(peer, "b", use(1n))).expect("requestOk");
});

Deno.test("R-187: a registered token costs 16 bytes and its length, and gives them back", async () => {
  await using world = new SessionWorld({ limits: { maxNamespaces: 100 } });
  const peer = await world.connect();
  const limit = (await peer.theirSetup()).maxAuthTokenCacheSize!;
  const half = "x".repeat(Number(limit / 2n) - 16);
  await (await offer(peer, "a", register(1n, half))).expect("requestOk");
  await (await offer(peer, "b", register(2n, half))).expect("requestOk");
  await (await offer(peer, "c", remove(1n), register(3n, half))).expect("requestOk");
  await offer(peer, "d", register(4n, ""));
  await closedWith(peer, "auth_token_cache_overflow");
});

Deno.test("R-187: in SETUP a token that does not fit is used, and not registered", async () => {
  const { world, seen } = guarded();
  await using _ = world;
  const large = "x".repeat(16_384);
  const peer = await world.connect({
    setup: { authorizationTokens: [register(1n, large), register(2n, "good")] },
  });
  assert.equal(seen[0], `setup: ${large} good`);
  await announce(peer, "a");
  await (await offer(peer, "b", use(2n))).expect("requestOk");
  await offer(peer, "c", use(1n));
  await closedWith(peer, "unknown_auth_token_alias");
});

for (const token of [use(1n), remove(1n)]) {
  Deno.test(`R-189: a SETUP that says ${token.alias} of an alias closes with PROTOCOL_VIOLATION`, async () => {
    await using world = new SessionWorld();
    const tokens = [register(1n, "good"), token];
    const peer = await world.connect({ setup: { authorizationTokens: tokens } });
    await closedWith(peer, "protocol_violation");
  });
}

Deno.test("R-191: a token never travels beyond its session", async () => {
  await using world = new SessionWorld();
  const { message } = await watch(world, {
    subscriber: { setup: { authorizationTokens: [value("of the session")] } },
    parameters: { authorizationTokens: [value("of the request")] },
  });
  assert.equal(message.parameters.authorizationTokens, undefined);
  const other = await world.connect();
  await offer(other, "other", use(1n));
  await closedWith(other, "unknown_auth_token_alias");
});

Deno.test("R-191: nobody stands in for a publisher before it was let in", async () => {
  const { world } = guarded();
  await using _ = world;
  const stranger = await world.connect();
  await refused(await offer(stranger, "live"), "UNAUTHORIZED");
  const publisher = await announcing(world, "live", {
    setup: { authorizationTokens: [value("good")] },
  });
  const subscriber = await world.connect();
  const parameters = { authorizationTokens: [value("good")] };
  const downstream = await subscribe(subscriber, parameters);
  await accept(publisher);
  await downstream.expect("subscribeOk");
  await world.stillPending(stranger.acceptRequest(), "A SUBSCRIBE");
});

Deno.test("R-078: each subscriber shows its own token", async () => {
  const { world } = guarded();
  await using _ = world;
  const publisher = await announcing(world, "live", {
    setup: { authorizationTokens: [value("good")] },
  });
  const parameters = { authorizationTokens: [value("good")] };
  const first = await subscribe(await world.connect(), parameters);
  await accept(publisher);
  await first.expect("subscribeOk");
  await refused(await subscribe(await world.connect()), "UNAUTHORIZED");
  await (await subscribe(await world.connect(), parameters)).expect("subscribeOk");
});

Deno.test("R-178: the token types of grease are like any other", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const token: Token = { alias: "none", type: 0x9dn, value: text("x") };
  await (await offer(peer, "a", token)).expect("requestOk");
});
