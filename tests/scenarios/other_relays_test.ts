import { namespaceKey } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { announce } from "./script.ts";

/** A relay of moq-dev's in a cluster: it passes on what it is shown, and says who it is by a number. */
const otherRelay = (hop: bigint) => ({ setup: { implementation: "moq-lite-rs", relayHops: hop } });

/** The namespaces that a peer is shown, as they come and go. */
async function shown(world: SessionWorld, peer: ScriptedPeer): Promise<ReadonlySet<string>> {
  const request = await peer.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
  await request.expect("requestOk");
  const present = new Set<string>();
  const follow = async () => {
    for (;;) {
      const message = await request.next();
      if (message.kind === "namespace") present.add(namespaceKey(message.suffix));
      if (message.kind === "namespaceDone") present.delete(namespaceKey(message.suffix));
    }
  };
  follow().catch(() => {});
  await world.settle();
  return present;
}

const key = (path: string) => namespaceKey(namespaceOf(path));

Deno.test("a relay of another make is not shown what came from it or from another of its kind", async () => {
  await using world = new SessionWorld();
  const one = await world.connect(otherRelay(11n));
  const two = await world.connect(otherRelay(12n));
  const client = await world.connect({ setup: { solicit: true } });
  const seen = await Promise.all([one, two, client].map((peer) => shown(world, peer)));
  await announce(one, "from/one");
  await announce(two, "from/two");
  await announce(client, "from/client");
  await world.settle();
  const [toOne, toTwo, toClient] = seen.map((names) => [...names].sort());
  assert.deepEqual(toOne, [key("from/client")]);
  assert.deepEqual(toTwo, [key("from/client")]);
  assert.deepEqual(toClient, ["from/client", "from/one", "from/two"].map(key).sort());
});

Deno.test("a namespace outlives its publisher nowhere when two relays give it to each other", async () => {
  await using world = new SessionWorld();
  const other = await world.connect(otherRelay(11n));
  const names = await shown(world, other);
  const publisher = await world.connect();
  const announcement = await announce(publisher, "live");
  await world.settle();
  // It gives back what it was shown, as long as it is shown it.
  const echo = await announce(other, "live");
  await announcement.finish();
  await publisher[Symbol.asyncDispose]();
  await world.settle();
  assert.deepEqual([...names], []);
  await echo.finish();
});

Deno.test("clients that have a hop id, as those of moq-dev in TypeScript, see each other", async () => {
  await using world = new SessionWorld();
  const leaf = (hop: bigint) => ({ setup: { implementation: "moq-lite-js", relayHops: hop } });
  const viewer = await world.connect(leaf(21n));
  const names = await shown(world, viewer);
  await announce(await world.connect(leaf(22n)), "live");
  await world.settle();
  assert.deepEqual([...names], [key("live")]);
});

Deno.test("two of our relays between others of another make show clients everything", async () => {
  await using world = new SessionWorld();
  const ours = await world.connect({ setup: { relayName: "there", relayHops: 5n } });
  const names = await shown(world, ours);
  const other = await world.connect(otherRelay(11n));
  await announce(other, "live");
  await world.settle();
  assert.deepEqual([...names], [key("live")]);
});
