/** What only relays say, said by who is none in drafts with one control stream, which have no words for it. */
import {
  type MultiplexedDraft,
  multiplexedDrafts,
  type MultiplexedMessage,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import * as cluster from "../../shared/wire/moqt/cluster.ts";
import * as mesh from "../../shared/wire/moqt/mesh.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import { RecordedSpans } from "../support/worlds/recording_tracing.ts";
import { RELAY_HOP, RELAY_NAME, SessionWorld } from "../support/worlds/session_world.ts";
import { canary, GATE, LYON, TRACK, USER, withToken } from "./forgery_script.ts";
import { accept, ALIAS, announce, announcing, NO_PROPERTIES, subscribe } from "./script.ts";

const NAMESPACE = namespaceOf("forged");
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A parameter as later drafts write it: a length and bytes, or an integer. */
type Forged = readonly [type: bigint, value: bigint | string | readonly bigint[]];

const HOPS: Forged = [mesh.MESH_HOPS, `\x01\x04${RELAY_NAME}`];
const SCOPE: Forged = [mesh.MESH_SCOPE, "/secret"];
const PARIS: Forged = [mesh.MESH_HOPS, "\x01\x05paris"];
const SOURCE: Forged = [mesh.MESH_SOURCE, "paris 99999999999999 1"];

/** Where a forgery is tried. */
interface Ground {
  readonly world: SessionWorld;
  readonly forger: ControlStreamPeer;
  readonly draft: MultiplexedDraft;
  readonly spans: RecordedSpans;
}

interface Forgery {
  readonly what: string;
  readonly setup?: object;
  readonly token?: object;
  readonly forge: (ground: Ground) => Promise<void>;
}

/** The bytes of a message with one parameter more; its parameters must be the last that it has. */
function withParameter(
  { draft }: Ground,
  message: MultiplexedMessage,
  [type, value]: Forged,
): Uint8Array {
  const whole = draft.control.encode(message);
  assert.equal(whole.at(-1), 0, "it ends with the number of its parameters");
  const bytes = typeof value === "bigint"
    ? undefined
    : bytesOf(draft, ...(typeof value === "string" ? [value] : value));
  const said = bytes === undefined ? [value as bigint] : [BigInt(bytes.length), bytes];
  const longer = bytesOf(draft, whole.subarray(0, -1), 1n, type, ...said);
  const length = longer.length - 3;
  longer.set([length >> 8, length & 0xff], 1);
  return longer;
}

/** Whether the draft reads over a parameter that it does not have: 16 may not, nor may it be no pair. */
function readsOver({ draft }: Ground, [type, value]: Forged): boolean {
  return draft.number < 16 && (type % 2n === 1n || typeof value === "bigint");
}

async function violates({ forger, draft }: Ground): Promise<void> {
  const info = await forger.connection.closed;
  assert.equal(info.code, draft.sessionCodes.protocol_violation, info.reason);
}

/** Says it; then the session is over, or `unmoved` shows that it made no difference. */
const says = (
  message: MultiplexedMessage,
  forged: Forged,
  unmoved: (ground: Ground) => Promise<void>,
): Forgery["forge"] =>
async (ground) => {
  await ground.forger.outgoing.write(withParameter(ground, message, forged));
  if (readsOver(ground, forged)) return await unmoved(ground);
  await violates(ground);
};

const SUBSCRIBE: MultiplexedMessage = {
  kind: "subscribe",
  requestId: 0n,
  track: TRACK,
  parameters: {},
};
const STATUS: MultiplexedMessage = { ...SUBSCRIBE, kind: "trackStatus" };
const FETCH: MultiplexedMessage = {
  kind: "fetch",
  requestId: 0n,
  range: {
    type: "standalone",
    track: TRACK,
    start: { group: 0n, object: 0n },
    end: { group: 1n, object: 0n },
  },
  parameters: {},
};
const ANNOUNCE: MultiplexedMessage = {
  kind: "publishNamespace",
  requestId: 0n,
  namespace: NAMESPACE,
  parameters: {},
};

/** Nobody says so here: whoever has a good answer has it from another scope. */
const isNotThere = async ({ forger }: Ground): Promise<void> => {
  assert.equal((await forger.expect("requestError")).code, "does_not_exist");
};

/** Somebody publishes the track in another scope, and is asked for nothing. */
const inAnotherScope = (message: MultiplexedMessage): Forgery["forge"] => async (ground) => {
  const { world } = ground;
  const secret = await announcing(world, "forged", {
    setup: { path: "/secret", ...withToken(USER) },
  });
  await says(message, SCOPE, isNotThere)(ground);
  await world.stillPending(secret.acceptRequest(), "A request for what is secret");
};

/** Whoever publishes the track is asked for it as for any client. */
const fromARelay = (forged: Forged): Forgery["forge"] => async (ground) => {
  const { world, spans } = ground;
  const lyon = await relayComes(world);
  await announce(lyon, "forged");
  await says(SUBSCRIBE, forged, async ({ forger }) => {
    const { message } = await accept(lyon);
    assert.deepEqual((message.parameters as { meshHops?: unknown }).meshHops, [RELAY_NAME]);
    await forger.expect("subscribeOk");
  })(ground);
  assert.ok(
    spans.all.every(({ parent }) => parent !== TRACE),
    "it goes on with no trace of others",
  );
};

/** A relay is told of the track what it is told of any client's. */
const answers = (forged: Forged): Forgery["forge"] => async (ground) => {
  const { world, forger } = ground;
  forger.say(ANNOUNCE);
  await forger.expect("requestOk");
  const downstream = await subscribe(await relayComes(world), {}, TRACK);
  const { requestId } = await forger.expect("subscribe");
  const ok: MultiplexedMessage = {
    kind: "subscribeOk",
    requestId,
    alias: ALIAS,
    parameters: {},
    properties: NO_PROPERTIES,
  };
  await says(ok, forged, async () => {
    const { parameters } = await downstream.expect("subscribeOk");
    assert.deepEqual(parameters.meshHops, [RELAY_NAME]);
    assert.doesNotMatch(parameters.meshSource ?? "", /paris/);
  })(ground);
};

/** What a relay of another program is told of the namespace. */
const announces = (forged: Forged): Forgery["forge"] => async (ground) => {
  const setup = { relayHops: 12n, ...withToken(LYON) };
  const told = await ground.world.connect({ setup });
  const request = await told.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
  await request.expect("requestOk");
  await says(ANNOUNCE, forged, async ({ forger }) => {
    await forger.expect("requestOk");
    for (;;) {
      const { suffix, route } = await request.expect("namespace");
      if (suffix.length !== NAMESPACE.length) continue;
      return assert.deepEqual(route, { hopPath: [0n, RELAY_HOP], routeCost: 0n });
    }
  })(ground);
};

/** There is no mesh in these drafts: a name in SETUP is as any option that is unknown. */
const isAClient: Forgery["forge"] = async (ground) => {
  const started = ground.world.lines.filter(({ text }) => text.includes("session started"));
  assert.equal(started.at(-1)!.fields.relay, undefined);
  await fromARelay(PARIS)(ground);
};

const FORGERIES: readonly Forgery[] = [
  { what: "the name of a relay", setup: { relayName: "lyon" }, forge: isAClient },
  { what: "this relay's own name", setup: { relayName: RELAY_NAME }, forge: isAClient },
  {
    what: "the name of another relay than its token's",
    token: LYON,
    setup: { relayName: "paris", takesCuts: true },
    forge: isAClient,
  },
  { what: "hops that end here, which would be a loop", forge: fromARelay(HOPS) },
  { what: "the hops of a subscription", forge: fromARelay(PARIS) },
  { what: "the trace of a subscription", forge: fromARelay([mesh.MESH_TRACE, TRACE]) },
  { what: "another scope", forge: inAnotherScope(SUBSCRIBE) },
  { what: "another scope in a FETCH", forge: inAnotherScope(FETCH) },
  { what: "another scope in a TRACK_STATUS", forge: inAnotherScope(STATUS) },
  { what: "the path of a track", forge: answers(PARIS) },
  { what: "a newer source of a track", forge: answers(SOURCE) },
  {
    what: "another path of a track later on",
    forge: async (ground) => {
      const { forger, draft } = ground;
      const body = bytesOf(draft, 1n, 5n, "paris");
      const head = bytesOf(draft, mesh.MESH_PATH, Uint8Array.of(0, body.length));
      await forger.outgoing.write(bytesOf(draft, head, body));
      await violates(ground);
    },
  },
  { what: "HOP_PATH", forge: announces([cluster.HOP_PATH, [7n, 66n]]) },
  { what: "ROUTE_COST", forge: announces([cluster.ROUTE_COST, 0n]) },
  {
    what: "HOP_PATH, and that it is a relay of another program",
    setup: { relayHops: 66n, relayCost: 0n },
    forge: announces([cluster.HOP_PATH, [66n]]),
  },
  {
    what: "by which path a namespace came into the mesh",
    forge: async ({ forger, draft }) => {
      forger.say({ ...ANNOUNCE, namespace: namespaceOf("./passed-on/0/1/canary") });
      const { code } = await forger.expect("requestError");
      // 14 has no number for it.
      assert.equal(code, draft.number === 14 ? "internal_error" : "does_not_exist");
    },
  },
  {
    what: "where the relay shall go",
    forge: async (ground) => {
      ground.forger.say({ kind: "goaway", uri: "moqt://elsewhere:1", timeout: 0n });
      await violates(ground);
    },
  },
];

function relayComes(world: SessionWorld): Promise<ScriptedPeer> {
  return world.connect({ setup: { relayName: "lyon", ...withToken(LYON) } });
}

for (const draft of multiplexedDrafts) {
  for (const { what, forge, setup, token = USER } of FORGERIES) {
    Deno.test(`${draft.protocol}: a peer that forges ${what} is not believed, and others lose nothing`, async () => {
      const spans = new RecordedSpans();
      await using world = new SessionWorld({ gate: GATE, tracing: spans.of("relay") });
      const bird = await canary(world);
      await bird.sings();
      const { far } = world.attach({ protocol: draft.protocol });
      const forger = await ControlStreamPeer.open(far, draft);
      forger.begin({ maxRequestId: 200n, ...setup, ...withToken(token) });
      await forger.expect("serverSetup");
      await world.settle();
      await forge({ world, forger, draft, spans });
      await world.settle();
      await bird.sings();
    });
  }
}
