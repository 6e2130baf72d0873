/** What only relays say, said by who is none: by clients with good tokens, and by relays of other names. */
import { drafts, type Parameters, type SetupOptions, type StreamDraft } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { RELAY_HOP, RELAY_NAME, SessionWorld } from "../support/worlds/session_world.ts";
import { canary, GATE, LYON, TRACK, USER, withToken } from "./forgery_script.ts";
import { ALIAS, announce, closedWith, fetch, NO_PROPERTIES, refused, subscribe } from "./script.ts";

/** How the one who forges comes, and with what token. */
interface Arrival {
  readonly token?: object;
  readonly setup?: Partial<SetupOptions>;
  readonly draft?: StreamDraft;
}

interface Forgery extends Arrival {
  readonly what: string;
  readonly forge: (forger: ScriptedPeer, world: SessionWorld) => Promise<void>;
}

const lyon = { token: LYON, setup: { relayName: "lyon" } } as const;
const hops = { setup: { relayHops: 66n, relayCost: 0n } } as const;

const violates =
  (act: (forger: ScriptedPeer) => Promise<unknown>): Forgery["forge"] => async (forger) => {
    await act(forger);
    await closedWith(forger, "protocol_violation");
  };

const turnedAway: Forgery["forge"] = (forger) => closedWith(forger, "unauthorized", /relay/);

/** Announces a track and answers whoever wants it in its own way. */
function answers(
  parameters: Parameters<"meshHops" | "meshSource">,
  then?: (request: Awaited<ReturnType<ScriptedPeer["expectRequest"]>>["request"]) => Promise<void>,
): Forgery["forge"] {
  return async (forger, world) => {
    await announce(forger, "forged");
    await subscribe(await comes(world), {}, TRACK);
    const { request } = await forger.expectRequest("subscribe");
    await request.send({
      kind: "subscribeOk",
      alias: ALIAS,
      parameters,
      properties: NO_PROPERTIES,
    });
    await then?.(request);
    await closedWith(forger, "protocol_violation");
  };
}

/** What a relay of another program is told of a namespace that the forger announces. */
const toldOf =
  (route: Parameters<"hopPath" | "routeCost">): Forgery["forge"] => async (forger, world) => {
    const told = await comes(world, { token: LYON, setup: { relayHops: 12n } });
    const request = await told.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
    await request.expect("requestOk");
    const namespace = namespaceOf("forged");
    const announced = await forger.request({
      kind: "publishNamespace",
      namespace,
      parameters: route,
    });
    await announced.expect("requestOk");
    for (;;) {
      const { suffix, route: said } = await request.expect("namespace");
      if (suffix.length !== namespace.length) continue;
      return assert.deepEqual(said, { hopPath: [0n, RELAY_HOP], routeCost: 0n });
    }
  };

const source: Parameters<"meshSource"> = { meshSource: "paris 99999999999999 1" };

const FORGERIES: readonly Forgery[] = [
  { what: "the name of a relay", setup: { relayName: "lyon" }, forge: turnedAway },
  { what: "this relay's own name", setup: { relayName: RELAY_NAME }, forge: turnedAway },
  {
    what: "the name of another relay than its token's",
    token: LYON,
    setup: { relayName: "paris" },
    forge: turnedAway,
  },
  {
    what: "the name of a relay with a relay's token that has no name",
    token: { ...LYON, sub: undefined },
    setup: { relayName: "lyon" },
    forge: turnedAway,
  },
  {
    what: "the hops of a subscription",
    forge: violates((forger) => subscribe(forger, { meshHops: ["paris"] })),
  },
  {
    what: "another scope",
    forge: violates((forger) => subscribe(forger, { meshScope: "/secret" })),
  },
  {
    what: "the trace of a subscription",
    forge: violates((forger) => subscribe(forger, { meshTrace: "00-1-2-01" })),
  },
  {
    what: "another scope in a FETCH",
    forge: violates((forger) => fetch(forger, [0, 0], [1, 0], { meshScope: "/secret" })),
  },
  {
    what: "another scope in a TRACK_STATUS",
    forge: violates((forger) =>
      forger.request({
        kind: "trackStatus",
        track: TRACK,
        parameters: { meshScope: "/secret" },
      })
    ),
  },
  {
    what: "hops that do not lead through the relay that sends them",
    ...lyon,
    forge: violates((forger) => subscribe(forger, { meshHops: ["paris"] })),
  },
  { what: "the path of a track", forge: answers({ meshHops: ["paris"] }) },
  { what: "a newer source of a track", forge: answers(source) },
  {
    what: "the path of a track that does not lead through the relay that sends it",
    ...lyon,
    forge: answers({ meshHops: ["paris", "rome"] }),
  },
  {
    what: "another path of a track later on",
    forge: answers({}, (request) => request.send({ kind: "meshPath", hops: ["paris"] })),
  },
  {
    what: "another path later on that does not lead through the relay that sends it",
    ...lyon,
    forge: answers(
      { meshHops: ["lyon"] },
      (request) => request.send({ kind: "meshPath", hops: ["paris"] }),
    ),
  },
  {
    what: "HOP_PATH without the extension",
    forge: violates((forger) =>
      forger.request({
        kind: "publishNamespace",
        namespace: namespaceOf("forged"),
        parameters: { hopPath: [1n] },
      })
    ),
  },
  { what: "HOP_PATH and costs", ...hops, forge: toldOf({ hopPath: [7n, 66n], routeCost: 0n }) },
  {
    what: "high costs, which would turn others away",
    ...hops,
    forge: toldOf({ hopPath: [66n], routeCost: 1_000_000n }),
  },
  {
    what: "by which path a namespace came into the mesh",
    forge: async (forger) => {
      const request = await forger.request({
        kind: "publishNamespace",
        namespace: namespaceOf("./passed-on/0/1/canary"),
        parameters: {},
      });
      await refused(request, "DOES_NOT_EXIST");
    },
  },
  {
    what: "where the relay shall go",
    forge: violates((forger) =>
      forger.sendControl({ kind: "goaway", uri: "moqt://elsewhere:1", timeout: 0n })
    ),
  },
];

function comes(
  world: SessionWorld,
  { token = USER, setup, draft }: Arrival = {},
): Promise<ScriptedPeer> {
  const spoken = draft !== undefined && { draft };
  return world.connect({ setup: { ...setup, ...withToken(token) }, ...spoken });
}

for (const draft of drafts) {
  for (const { what, forge, ...arrival } of FORGERIES) {
    Deno.test(`${draft.protocol}: a peer that forges ${what} is not believed, and others lose nothing`, async () => {
      await using world = new SessionWorld({ gate: GATE });
      const bird = await canary(world);
      await bird.sings();
      await forge(await comes(world, { ...arrival, draft }), world);
      await world.settle();
      await bird.sings();
    });
  }
}
