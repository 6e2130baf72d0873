/** Who may do what, with tokens and clients of other people. */
import { type Claims, generate, sign, toPublicKey } from "@moq/token";
import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { Deadline } from "../support/deadline.ts";
import { callMoqNet } from "../support/peers/moq_net.ts";
import type { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { refused, subscribe } from "../support/peers/scripted_requests.ts";

const ALGORITHMS = ["HS256", "ES256", "EdDSA"] as const;
const PATH = "room/cam";
const SECRET = await generate("HS256", "foreign");

/** A key of moq-dev's, and the configuration of a relay that trusts it. */
async function keyOf(algorithm: typeof ALGORITHMS[number]) {
  const key = await generate(algorithm, "main");
  const path = await Deno.makeTempFile({ suffix: ".jwk" });
  const verifying = algorithm === "HS256" ? key : toPublicKey(key);
  await Deno.writeTextFile(path, JSON.stringify(verifying));
  return { key, path, config: { auth: { mode: "token", keys: [path], clock_skew_ms: 0 } } };
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

/** `@moq/net` as it is, to a path with a token. */
function connectTo(path: string) {
  return ({ port }: QuicServerAddress): Promise<MoqNetPeer> =>
    callMoqNet(`http://127.0.0.1:${port}${path}`);
}

/** Whether a session is ended by the relay, or was never there. */
async function isTurnedAway(
  deadline: Deadline,
  { relay }: RelayTest,
  path: string,
): Promise<void> {
  try {
    const peer = await deadline.for("an answer", connectTo(path)(relay));
    await deadline.for("the end of the session", peer.session.closed);
  } catch (error) {
    assert.ok(!/deadline|too long/i.test(String(error)), String(error));
  }
}

for (const algorithm of ALGORITHMS) {
  const { key, path, config } = await keyOf(algorithm);
  const mint = (claims: Claims) => sign(key, claims);

  relayTest(`@moq/net comes in by tokens of @moq/token with ${algorithm}`, async (test) => {
    const { deadline, join } = test;
    const good = { root: "demo", exp: inSeconds(600) };
    const put = await mint({ ...good, put: "room" });
    const get = await mint({ ...good, get: ["room"] });
    const publisher = await join(connectTo(`/demo?jwt=${put}`));
    const publication = await publisher.publish(PATH, ["video"]);
    const viewer = await join(connectTo(`/demo?jwt=${get}`));
    await deadline.for("the announcement", viewer.announced(PATH));
    const watch = await viewer.watch(PATH, "video");
    await deadline.for("the subscriber", publication.subscribed("video"));
    const group = await publication.startGroup("video");
    await writeObjects(group, 0, 3);
    await readObjects(watch, group.id, 0, 3, deadline);
    await group.end();
    for (const peer of [publisher, viewer]) await peer.close();
    // The library ends its sockets a moment after it has said goodbye.
    await sleep(systemClock, 500);
  }, { config });

  relayTest(`@moq/net is turned away without a good token with ${algorithm}`, async (test) => {
    const { deadline, relay } = test;
    const expired = await mint({ root: "demo", get: "", exp: inSeconds(-60) });
    const elsewhere = await mint({ root: "other", get: "" });
    const foreign = await sign(SECRET, { root: "demo", get: "" });
    const cases = [
      ["/demo", /no token was shown/],
      [`/demo?jwt=${expired}`, /has expired/],
      [`/demo?jwt=${elsewhere}`, /is not for this path/],
      [`/demo?jwt=${foreign}`, /is signed by no key of this relay/],
      ["/demo?jwt=nonsense", /is no signed JWT/],
    ] as const;
    for (const [where, reason] of cases) {
      await isTurnedAway(deadline, test, where);
      await until(`${reason} in the log`, () => reason.test(relay.log()));
    }
    for (const token of [expired, elsewhere, foreign]) assert.ok(!relay.log().includes(token));
  }, { config });
  globalThis.addEventListener("unload", () => Deno.removeSync(path));
}

const { key, config } = await keyOf("HS256");

relayTest("over QUIC a token is in PATH or a SETUP option, and ends at its time", async (test) => {
  const { relay, deadline } = test;
  // Long enough for a busy machine to come in.
  const token = await sign(key, { root: "", put: ["a"], get: ["a"], exp: inSeconds(30) });
  const value = new TextEncoder().encode(token);
  const shown = { alias: "none", type: 0n, value } as const;
  const places = [{ path: `/?jwt=${token}` }, { authorizationTokens: [shown] }];
  await Promise.all(places.map(async (setup) => {
    const peer = await deadline.for("a session", ScriptedPeer.dial(relay, { setup }));
    const request = await peer.request({
      kind: "publishNamespace",
      namespace: namespaceOf("a"),
      parameters: {},
    });
    await deadline.for("REQUEST_OK", request.expect("requestOk"));
    await refused(await subscribe(peer, {}, trackOf("b", "video")), "UNAUTHORIZED");
    const { code } = await deadline.for("the end", peer.closed);
    assert.equal(code, peer.draft.sessionCodes.expired_auth_token);
  }));
}, { config });
