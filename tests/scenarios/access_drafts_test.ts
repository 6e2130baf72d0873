/** Tokens in every draft: where each can show them, and what it is told when they are over. */
import {
  drafts,
  type FullTrackName,
  multiplexedDrafts,
  type SetupOptions,
  type Token,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { plainGate, plainPath, plainToken } from "../support/worlds/plain_tokens.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { accept, announcing, closedWith, refused, subscribe, VIDEO } from "./script.ts";

const ALL = { root: "", put: "", get: "" };
const EXPIRED = { ...ALL, exp: -1 };

const guarded = () =>
  new SessionWorld({ gate: (clock) => plainGate(clock, { public: { subscribe: ["free"] } }) });

/** The places where a SETUP over QUIC can show a token. */
function places(claims: object): SetupOptions[] {
  return [
    { authorizationTokens: [plainToken(claims)] },
    { path: plainPath("/", claims).replaceAll(/["{}]/g, (one) => encodeURIComponent(one)) },
  ];
}

async function publisherIn(world: SessionWorld, path?: string) {
  const setup = { authorizationTokens: [plainToken(ALL)], ...(path !== undefined && { path }) };
  const publisher = await announcing(world, "live", { setup });
  return publisher;
}

for (const draft of drafts) {
  Deno.test(`${draft.protocol}: a token of SETUP lets in, and ends what it allowed`, async () => {
    for (const setup of places({ get: "live", exp: 5 })) {
      await using world = guarded();
      const publisher = await publisherIn(world, setup.path?.split("?")[0]);
      const viewer = await world.connect({ draft, setup });
      await refused(await subscribe(viewer, {}, trackOf("other", "v")), "UNAUTHORIZED");
      const watching = await subscribe(viewer);
      await accept(publisher);
      await watching.expect("subscribeOk");
      await world.advance(5_000);
      assert.equal((await watching.expect("publishDone")).code, "unauthorized");
      await refused(await subscribe(viewer), "EXPIRED_AUTH_TOKEN");
    }
    await using world = guarded();
    for (const setup of places(EXPIRED)) {
      await closedWith(await world.connect({ draft, setup }), "expired_auth_token");
    }
  });
}

/** A token for `live` by its alias, which is over after five seconds. */
const REGISTERED: Token = {
  alias: "register",
  id: 7n,
  type: 0n,
  value: new TextEncoder().encode(JSON.stringify({ get: "live", exp: 5 })),
};
const BY_ALIAS = { authorizationTokens: [{ alias: "use", id: 7n }] } as const;

for (const draft of drafts) {
  Deno.test(`${draft.protocol}: who uses the alias of a token that has expired is refused, and counted`, async () => {
    await using world = guarded();
    const publisher = await publisherIn(world);
    // What else the session has lets in, and is no answer for the token that is shown.
    const setup = { authorizationTokens: [plainToken(ALL)] };
    const viewer = await world.connect({ draft, setup });
    const { subscribe: counted } = world.metrics.requests;
    const watching = await subscribe(viewer, { authorizationTokens: [REGISTERED] });
    await accept(publisher);
    await watching.expect("subscribeOk");
    await world.advance(5_000);
    await refused(
      await subscribe(viewer, BY_ALIAS, trackOf("live", "other")),
      "EXPIRED_AUTH_TOKEN",
    );
    assert.equal(counted.expired_auth_token, 1);
    // It stays an alias, and stays expired.
    await refused(
      await subscribe(viewer, BY_ALIAS, trackOf("live", "other")),
      "EXPIRED_AUTH_TOKEN",
    );
    assert.equal(counted.expired_auth_token, 2);
  });
}

for (const draft of multiplexedDrafts) {
  const { sessionCodes } = draft;

  Deno.test(`${draft.protocol}: who uses the alias of a token that has expired is refused, and counted`, async () => {
    await using world = guarded();
    const publisher = await publisherIn(world);
    const { far } = world.attach({ protocol: draft.protocol });
    const setup = { authorizationTokens: [plainToken(ALL)], maxRequestId: 99n };
    const viewer = await ControlStreamPeer.connect(far, draft, setup);
    const say = (requestId: bigint, track: FullTrackName, parameters: object) =>
      viewer.say({ kind: "subscribe", requestId, track, parameters });
    say(0n, VIDEO, { authorizationTokens: [REGISTERED] });
    await accept(publisher);
    await viewer.expect("subscribeOk");
    await world.advance(5_000);
    say(2n, trackOf("live", "other"), BY_ALIAS);
    assert.equal((await viewer.expect("requestError")).code, "expired_auth_token");
    assert.equal(world.metrics.requests.subscribe.expired_auth_token, 1);
  });

  Deno.test(`${draft.protocol}: a token of SETUP lets in, and ends what it allowed`, async () => {
    for (const setup of places({ get: "live", exp: 5 })) {
      await using world = guarded();
      const publisher = await publisherIn(world, setup.path?.split("?")[0]);
      const { far } = world.attach({ protocol: draft.protocol });
      const viewer = await ControlStreamPeer.connect(far, draft, { ...setup, maxRequestId: 9n });
      viewer.say({
        kind: "subscribe",
        requestId: 0n,
        track: trackOf("other", "v"),
        parameters: {},
      });
      assert.equal((await viewer.expect("requestError")).code, "unauthorized");
      viewer.say({ kind: "subscribe", requestId: 2n, track: VIDEO, parameters: {} });
      await accept(publisher);
      await viewer.expect("subscribeOk");
      await world.advance(5_000);
      assert.equal((await viewer.expect("publishDone")).code, "unauthorized");
      viewer.say({ kind: "subscribe", requestId: 4n, track: VIDEO, parameters: {} });
      assert.equal((await viewer.expect("requestError")).code, "expired_auth_token");
    }
    await using world = guarded();
    for (const setup of places(EXPIRED)) {
      const { far } = world.attach({ protocol: draft.protocol });
      const stranger = await ControlStreamPeer.open(far, draft);
      stranger.begin(setup);
      assert.equal((await far.closed).code, sessionCodes.expired_auth_token);
    }
  });
}
