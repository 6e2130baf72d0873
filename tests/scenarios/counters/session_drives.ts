import { done, refused as denied } from "@qumo/shared/runtime";
import { commonDraft, draftOf, liteVersionOf } from "@qumo/shared/wire";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { loneHost } from "../../support/worlds/lone_host.ts";
import { FIRST_PROBE_MS } from "../../../relay/session/limits.ts";
import { REFUSAL_KINDS } from "../../../relay/vocabulary/mod.ts";
import { namespaceOf, trackOf } from "../../support/peers/scripted_peer.ts";
import { ScriptedLite } from "../../support/peers/scripted_lite.ts";
import { plainGate, plainToken, steeringOf } from "../../support/worlds/plain_tokens.ts";
import { SteeredWorld } from "../../support/worlds/steered_world.ts";
import { SessionWorld } from "../../support/worlds/session_world.ts";
import {
  announce,
  frame,
  objects,
  openSubgroup,
  publish,
  sendSubgroup,
  subscribe,
  VIDEO,
  watch,
} from "../script.ts";
import { type Drive, inSessions, scrape } from "./drive.ts";
import { memoryPair } from "../../support/transport/memory_connection.ts";

const SETUP_BEYOND_ITS_END = frame(0x2f00n, [1n, 9n]);
const CLIENT_SETUP = "20001903c0000000ff0dad02c0000000ff0dad01c0000000ff00000e00";
const NEWEST = draftOf("moqt-22")!;
const OF_MOQ_DEV = { setup: { implementation: "moq-lite-js" } } as const;

/** How sessions end. */
export const ENDINGS: readonly Drive[] = [
  inSessions(
    "peers that leave, with an error or without, and one that is lost",
    {},
    async (world) => {
      (await world.connect()).close();
      const other = await world.connect();
      other.close(other.draft.sessionCodes.protocol_violation, "you said nonsense");
      (await world.join()).connection.sever();
      (await world.join()).session.close("");
    },
  ),
  inSessions("peers that say what nobody understands", {}, async (world) => {
    await (await world.connect()).openStream(Uint8Array.of(0x3f));
    (await world.connect()).sendDatagram(Uint8Array.of(0x3f, 1));
    await (await world.connect({ setup: false })).openControl(SETUP_BEYOND_ITS_END);
    await (await world.connect()).openRequest(frame(0x3fn, [1n]));
    await openSubgroup(await world.connect(), { alias: 0n }).then((one) => one.finish());
  }),
  inSessions("a peer that may not come in", {
    authorizer: ({ action }) =>
      action === "setup" ? denied({ kind: "unauthorized", reason: "no" }) : done(undefined),
  }, async (world) => void await world.connect()),
  inSessions(
    "clients with more streams than there may be",
    { maxClientStreams: 2 },
    async (world) => {
      const peer = await world.connect();
      for (let stream = 0; stream < 3; stream++) {
        void openSubgroup(peer, { alias: 9n }).catch(() => {});
        await world.settle();
      }
    },
  ),
  inSessions("a token that expires", {
    gate: (clock, { access: counts }) => {
      const steering = steeringOf(clock, { counts });
      return plainGate(clock, { steering, public: { subscribe: ["free"] } });
    },
  }, async (world) => {
    const setup = { authorizationTokens: [plainToken({ put: "live", exp: 5 })] };
    const publisher = await world.connect({ setup });
    await (await publish(publisher)).expect("requestOk");
    await world.advance(5_000);
  }),
  {
    what: "what a controller revokes, and kicks",
    async run(moved) {
      await using world = new SteeredWorld({ public: { publish: ["free"] } });
      world.steering.follow("tokyo");
      const coming = world.steering.admitting();
      world.steering.ready();
      await coming;
      const setup = { authorizationTokens: [plainToken({ put: "live", jti: "t1" })] };
      const publisher = await world.connect({ setup });
      await (await publish(publisher)).expect("requestOk");
      world.revoke("namespace", "live");
      world.kick("token", "t1");
      await publisher.closed;
      const other = await world.connect();
      await announce(other, "free");
      world.kick("namespace", "free");
      world.steering.leftOut(1);
      await world.settle();
      moved.take(await scrape(world.metrics));
    },
  },
  {
    what: "a tenant that uses more than it may",
    async run(moved) {
      await using world = new SteeredWorld();
      const setup = {
        authorizationTokens: [plainToken({ put: "live", get: "live", tenant: "acme" })],
      };
      const publisher = await world.connect({ setup });
      await (await publish(publisher)).expect("requestOk");
      const used = { tenant: "acme", sessions: 9, tracks: 9, ingress_bps: 9, egress_bps: 9 };
      world.steering.used([used]);
      const quotas = ["sessions", "tracks", "ingress_bps", "egress_bps"];
      for (const quota of quotas.toReversed()) {
        world.tell({ policies: [{ tenant: "acme", [quota]: 5 }] });
        await (await publish(publisher, { track: trackOf("live", quota), alias: 9n })).next();
        await (await subscribe(publisher, {}, trackOf("live", quota))).next();
        if (quota === "tracks") await world.advance(12_000);
      }
      const other = await world.connect({ setup });
      await other.closed;
      moved.take(await scrape(world.metrics));
    },
  },
  {
    what: "an older client that offers no protocol",
    async run(moved) {
      const metrics = new RelayMetrics();
      const host = loneHost({ metrics });
      const [client, server] = memoryPair();
      host.serve(Object.assign(server, { protocol: undefined }));
      await (await client.openBidi()).send.write(Uint8Array.fromHex(CLIENT_SETUP));
      await client.closed;
      moved.take(await scrape(metrics));
      await host.close();
    },
  },
  {
    what: "a fault of ours",
    async run(moved) {
      const world = new SessionWorld({
        authorizer: () => {
          throw new Error("a fault of ours");
        },
      });
      await world.connect();
      await world.settle();
      moved.take(await scrape(world.metrics));
    },
  },
];

/** Everything that a publisher may answer, and that a subscriber is then told. */
const ANSWERS: readonly Drive[] = [...REFUSAL_KINDS, "redirect", "other"].map((code) =>
  inSessions(`a publisher that answers with ${code}`, {}, async (world) => {
    const isNewer = code.endsWith("_filter") || code.endsWith("_filters");
    const publisher = await world.connect({ draft: isNewer ? NEWEST : commonDraft });
    await announce(publisher, "live");
    await subscribe(await world.connect(), { rendezvousTimeout: 0n });
    const { request } = await publisher.expectRequest("subscribe");
    if (code === "other") return await request.outgoing.write(frame(0x5n, [0x7777n, 0n, 0n]));
    await request.send({
      kind: "requestError",
      code: code as typeof REFUSAL_KINDS[number],
      retryAfter: 0n,
      reason: "",
      ...(code === "redirect" && { redirect: { uri: "", ...VIDEO } }),
    });
    await request.finish();
  })
);

/** Requests of every kind, both ways. */
export const REQUESTS: readonly Drive[] = [
  ...ANSWERS,
  inSessions("requests of every kind that are agreed to", {}, async (world) => {
    const { publisher, subscriber, downstream } = await watch(world);
    const requestId = subscriber.takeRequestId();
    const parameters = { subscriberPriority: 3 };
    await downstream.send({ kind: "requestUpdate", requestId, parameters });
    await downstream.expect("requestOk");
    const watcher = await world.connect();
    for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
      const prefix = namespaceOf("other");
      const request = await watcher.request({ kind, prefix, parameters: {} });
      await request.expect("requestOk");
    }
    await publish(publisher, { track: trackOf("other", "pushed"), alias: 30n });
    const { request } = await watcher.expectRequest("publish");
    await request.sendOk();
    await subscriber.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
    const status = await subscriber.request({
      kind: "trackStatus",
      track: trackOf("live", "another"),
      parameters: {},
    });
    const asked = await publisher.expectRequest("trackStatus");
    await asked.request.sendOk();
    await status.expect("requestOk");
  }),
  inSessions("past objects beside a subscription", {}, async (world) => {
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    const viewer = await world.connect({ draft: NEWEST });
    await subscribe(viewer, { fill: { filter: { type: "recent_groups", groups: 1n } } });
    await viewer.nextStream();
  }),
  inSessions(
    "a subscriber that leaves before it is answered, and a publisher that is too late",
    {},
    async (world) => {
      const publisher = await world.connect();
      await announce(publisher, "live");
      const request = await subscribe(await world.connect());
      await publisher.expectRequest("subscribe");
      request.cancel("cancelled");
      await world.settle();
      await subscribe(await world.connect(), {}, trackOf("live", "another"));
      await world.advance(world.settings.requestTimeoutMs);
    },
  ),
  inSessions("a publisher that is gone before it answers", {}, async (world) => {
    const publisher = await world.connect();
    await announce(publisher, "live");
    await subscribe(await world.connect(), { rendezvousTimeout: 0n });
    await publisher.expectRequest("subscribe");
    publisher.close();
  }),
  inSessions("a track that nobody has any more pauses", {}, async (world) => {
    const publisher = await world.connect();
    await (await publish(publisher)).expect("requestOk");
    const offer = await publish(publisher, { track: trackOf("live", "two"), alias: 9n });
    await offer.expect("requestOk");
    const request = await subscribe(await world.connect(), {}, trackOf("live", "two"));
    await offer.expect("requestUpdate");
    await offer.sendOk();
    await request.expect("subscribeOk");
  }),
  inSessions(
    "a peer that is asked for its namespaces",
    { settings: { solicit: true } },
    async (world) => {
      const peer = await world.connect();
      const { request } = await peer.expectRequest("subscribeNamespace");
      await request.sendOk();
    },
  ),
  inSessions("a link that is asked whether it is there, both ways", {}, async (world) => {
    const ping = trackOf(".session", "ping");
    const { peer, session } = await world.join();
    await peer.request({ kind: "trackStatus", track: ping, parameters: {} });
    const answer = (await session.established)!.ping!();
    const { request } = await peer.expectRequest("trackStatus");
    await request.sendError("does_not_exist");
    await answer;
  }),
  inSessions("a peer of moq-lite that asks for the rate", {}, async (world) => {
    const version = liteVersionOf("moq-lite-04")!;
    const peer = new ScriptedLite(world.attach({ protocol: version.protocol }).far, version);
    await peer.open(version.requests.probe!);
  }),
  inSessions("requests that are never finished, reset and late", {}, async (world) => {
    const peer = await world.connect();
    (await peer.openRequest(Uint8Array.of(0x03))).outgoing.reset("cancelled");
    await peer.openRequest(Uint8Array.of(0x03));
    await world.advance(world.settings.setupTimeoutMs);
  }),
  inSessions(
    "requests that are stopped, noticed by asking and by another one",
    {},
    async (world) => {
      await (await publish(await world.connect())).expect("requestOk");
      const peer = await world.connect();
      const first = await subscribe(peer);
      await first.expect("subscribeOk");
      first.incoming.stop("cancelled");
      await world.advance(2 * FIRST_PROBE_MS);
      const second = await subscribe(peer);
      await second.expect("subscribeOk");
      second.incoming.stop("cancelled");
      await (await subscribe(peer)).expect("subscribeOk");
    },
  ),
  inSessions("clients of moq-dev with parameters of their own", {}, async (world) => {
    const publisher = await world.connect(OF_MOQ_DEV);
    await announce(publisher, "live");
    const long = [0n, 1n, 4n, "live", 5n, "video", 2n, 0x20n, 155n, 1n, 1n, 2n] as const;
    await (await world.connect(OF_MOQ_DEV)).openRequest(frame(0x3n, long));
    const { request } = await publisher.expectRequest("subscribe");
    await request.outgoing.write(frame(0x4n, [7n, 1n, 0x22n, 2n]));
  }),
  inSessions("what goes through, in streams and datagrams", {}, async (world) => {
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(3));
  }),
];
