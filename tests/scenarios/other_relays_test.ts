import { namespaceKey, type Parameters } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { LINGER_MS, RELAY_HOP, SessionWorld } from "../support/worlds/session_world.ts";
import { accept, announce, closedWith, subscribe } from "./script.ts";

/** A relay of another program: it passes on what it is shown, and says who it is by a number. */
const otherRelay = (hop: bigint, relayCost?: bigint) => ({
  setup: {
    implementation: "moq-lite-rs",
    relayHops: hop,
    ...(relayCost !== undefined && { relayCost }),
  },
});

type Route = Parameters<"hopPath" | "routeCost">;

/** What a peer is told of namespaces: what is there by which route, and every word in turn. */
interface Shown {
  readonly present: ReadonlyMap<string, Route | undefined>;
  readonly words: string[];
}

async function shown(world: SessionWorld, peer: ScriptedPeer): Promise<Shown> {
  const request = await peer.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
  await request.expect("requestOk");
  const present = new Map<string, Route | undefined>();
  const words: string[] = [];
  const follow = async () => {
    for (;;) {
      const message = await request.next();
      words.push(message.kind);
      if (message.kind === "namespace") present.set(namespaceKey(message.suffix), message.route);
      if (message.kind === "namespaceDone") present.delete(namespaceKey(message.suffix));
    }
  };
  follow().catch(() => {});
  await world.settle();
  return { present, words };
}

/** Announces a namespace with its route; it is there when this is over. */
async function routed(world: SessionWorld, peer: ScriptedPeer, path: string, route: Route) {
  const request = await peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf(path),
    parameters: route,
  });
  await request.expect("requestOk");
  await world.settle();
  return request;
}

const key = (path: string) => namespaceKey(namespaceOf(path));

Deno.test("relays of several programs are told who a namespace came by, and what it costs", async () => {
  await using world = new SessionWorld();
  const near = await world.connect(otherRelay(11n));
  const far = await world.connect(otherRelay(12n, 10n));
  const [toNear, toFar] = [await shown(world, near), await shown(world, far)];
  await announce(await world.connect(), "from/client");
  await routed(world, near, "from/near", { hopPath: [7n, 11n], routeCost: 2n });
  await routed(world, far, "from/far", { hopPath: [0n, 12n] });
  assert.deepEqual((await near.theirSetup()).relayHops, RELAY_HOP);
  assert.deepEqual([...toNear.present], [
    [key("from/client"), { hopPath: [0n, RELAY_HOP], routeCost: 0n }],
    [key("from/far"), { hopPath: [0n, 12n, RELAY_HOP], routeCost: 10n }],
  ]);
  assert.deepEqual([...toFar.present], [
    [key("from/client"), { hopPath: [0n, RELAY_HOP], routeCost: 0n }],
    [key("from/near"), { hopPath: [7n, 11n, RELAY_HOP], routeCost: 3n }],
  ]);
});

Deno.test("a client without hops is shown all namespaces, and none of their routes", async () => {
  await using world = new SessionWorld();
  const client = await shown(world, await world.connect({ setup: { solicit: true } }));
  await routed(world, await world.connect(otherRelay(11n)), "live", { hopPath: [11n] });
  assert.deepEqual([...client.present], [[key("live"), undefined]]);
});

Deno.test("a relay is not told of a path that it is on, and a path by this relay is not taken", async () => {
  await using world = new SessionWorld();
  const one = await world.connect(otherRelay(11n));
  const toTwo = await shown(world, await world.connect(otherRelay(12n)));
  await routed(world, one, "by/two", { hopPath: [7n, 12n, 11n] });
  await routed(world, one, "by/us", { hopPath: [7n, RELAY_HOP, 11n] });
  assert.deepEqual([...toTwo.present], []);
  const toClient = await shown(world, await world.connect());
  assert.deepEqual([...toClient.present.keys()], [key("by/two")]);
});

Deno.test("of two routes the cheaper one is told, and the other one when that is gone", async () => {
  await using world = new SessionWorld();
  const toThree = await shown(world, await world.connect(otherRelay(13n)));
  const cheap = await routed(world, await world.connect(otherRelay(11n)), "live", {
    hopPath: [7n, 11n],
  });
  await routed(world, await world.connect(otherRelay(12n, 5n)), "live", { hopPath: [7n, 12n] });
  assert.deepEqual(toThree.present.get(key("live"))?.hopPath, [7n, 11n, RELAY_HOP]);
  await cheap.finish();
  await world.settle();
  assert.deepEqual(toThree.present.get(key("live"))?.hopPath, [7n, 12n, RELAY_HOP]);
  assert.deepEqual(toThree.words, ["namespace", "namespace"]);
});

Deno.test("a route that changes is told again, and one from another origin after the end of the first", async () => {
  await using world = new SessionWorld();
  const one = await world.connect(otherRelay(11n));
  const toTwo = await shown(world, await world.connect(otherRelay(12n)));
  const request = await routed(world, one, "live", { hopPath: [7n, 11n] });
  const again = async (route: Route) => {
    const namespace = namespaceOf("live");
    await request.send({ kind: "publishNamespace", requestId: 0n, namespace, parameters: route });
    await world.settle();
  };
  await again({ hopPath: [7n, 11n], routeCost: 4n });
  assert.deepEqual(toTwo.present.get(key("live")), {
    hopPath: [7n, 11n, RELAY_HOP],
    routeCost: 5n,
  });
  await again({ hopPath: [8n, 11n], routeCost: 4n });
  assert.deepEqual(toTwo.words, ["namespace", "namespace", "namespaceDone", "namespace"]);
  await again({ hopPath: [8n, RELAY_HOP, 11n] });
  assert.deepEqual([...toTwo.present], []);
});

Deno.test("of a relay that goes away no route is told any more, but another one", async () => {
  await using world = new SessionWorld();
  const toThree = await shown(world, await world.connect(otherRelay(13n)));
  const near = await world.connect(otherRelay(11n));
  await routed(world, near, "live", { hopPath: [7n, 11n] });
  await routed(world, await world.connect(otherRelay(12n, 5n)), "live", { hopPath: [7n, 12n] });
  assert.deepEqual(toThree.present.get(key("live"))?.hopPath, [7n, 11n, RELAY_HOP]);
  await near.sendControl({ kind: "goaway", uri: "", timeout: 10_000n, requestId: undefined });
  await world.settle();
  assert.deepEqual(toThree.present.get(key("live"))?.hopPath, [7n, 12n, RELAY_HOP]);
  assert.deepEqual(toThree.words, ["namespace", "namespace"]);
});

Deno.test("what is received costs relays of other programs nothing up to here, as long as it is", async () => {
  await using world = new SessionWorld();
  const near = await world.connect(otherRelay(11n));
  const toFar = await shown(world, await world.connect(otherRelay(12n)));
  await routed(world, near, "live", { hopPath: [7n, 11n], routeCost: 4n });
  const costs: unknown[] = [toFar.present.get(key("live"))?.routeCost];
  const viewer = await world.connect();
  const watching = await subscribe(viewer);
  const { request } = await accept(near);
  await watching.expect("subscribeOk");
  await world.settle();
  costs.push(toFar.present.get(key("live"))?.routeCost);
  watching.cancel("cancelled");
  await world.advance(2 * LINGER_MS);
  costs.push(toFar.present.get(key("live"))?.routeCost);
  assert.deepEqual(costs, [5n, 0n, 5n]);
  assert.deepEqual(toFar.words, ["namespace", "namespace", "namespace"]);
  await request.finish();
});

Deno.test("what a subscription here costs is told where it is not the usual", async () => {
  for (const cost of [0, 1, 7]) {
    await using world = new SessionWorld({ settings: { cost } });
    const { relayCost } = await (await world.connect(otherRelay(11n))).theirSetup();
    assert.equal(relayCost, cost === 1 ? undefined : BigInt(cost));
  }
});

for (const [peer, parameters] of [["relay", {}], ["client", { hopPath: [7n] }]] as const) {
  Deno.test(`a ${peer} that announces ${peer === "relay" ? "without" : "with"} a path is no peer`, async () => {
    await using world = new SessionWorld();
    const one = await world.connect(peer === "relay" ? otherRelay(11n) : {});
    const namespace = namespaceOf("live");
    await one.request({ kind: "publishNamespace", namespace, parameters });
    await closedWith(one, "protocol_violation");
  });
}

Deno.test("a namespace outlives its publisher nowhere when two relays give it to each other", async () => {
  await using world = new SessionWorld();
  const other = await world.connect(otherRelay(11n));
  const names = await shown(world, other);
  const publisher = await world.connect();
  const announcement = await announce(publisher, "live");
  await world.settle();
  // It gives back what it was shown, as long as it is shown it.
  const path = names.present.get(key("live"))!.hopPath!;
  const echo = await routed(world, other, "live", { hopPath: [...path, 11n] });
  await announcement.finish();
  await publisher[Symbol.asyncDispose]();
  await world.settle();
  assert.deepEqual([...names.present], []);
  await echo.finish();
});

Deno.test("two of our relays between others of another make show clients everything", async () => {
  await using world = new SessionWorld();
  const ours = await world.connect({ setup: { relayName: "there", relayHops: 5n } });
  const names = await shown(world, ours);
  await routed(world, await world.connect(otherRelay(11n)), "live", { hopPath: [11n] });
  assert.deepEqual([...names.present], [[key("live"), undefined]]);
});
