/** An edge that takes tracks from relays of other programs, and tells relays of others about them. */
import { noTracing } from "@qumo/shared/runtime";
import { draftOf, liteVersions, namespaceKey } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { WorldRelay } from "../support/mesh_world/relay.ts";
import { ScriptedLite } from "../support/peers/scripted_lite.ts";
import { namespaceOf, ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";

const DRAFT = "moqt-22";

/** An edge, its one origin, and those who call it. */
class Ground implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly edge: WorldRelay;
  readonly #origin = Promise.withResolvers<ReturnType<typeof memoryPair>[1]>();
  readonly #ends: { close(code: number, reason: string): void }[] = [];

  constructor(protocol: string) {
    this.edge = new WorldRelay({
      name: "edge",
      clock: this.clock,
      config: { upstream: ["moqt://origin:1"] },
      dial: () => {
        const [client, server] = this.#pair(protocol);
        this.#origin.resolve(server);
        return Promise.resolve(client);
      },
      fetch: () => Promise.reject(new Error("there is no controller")),
      random: () => 0,
      tracing: noTracing,
    });
    void this.edge.start();
  }

  /** The origin's end of the link. */
  origin() {
    return this.#origin.promise;
  }

  /** A relay of another program that calls. */
  async relay(hop: bigint): Promise<ScriptedPeer> {
    const [client, server] = this.#pair(DRAFT);
    this.edge.accept(server);
    return await ScriptedPeer.connect(client, {
      role: "client",
      setup: { relayHops: hop },
      draft: draftOf(DRAFT)!,
    });
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await this.clock.advance(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.edge.end();
    for (const end of this.#ends) end.close(0, "");
    await this.settle();
    await over;
    assert.deepEqual(this.edge.errors, []);
  }

  #pair(protocol: string) {
    const [client, server] = memoryPair();
    for (const end of [client, server]) Object.assign(end, { protocol });
    this.#ends.push(client);
    return [client, server] as const;
  }
}

/** The namespaces that a relay is shown, with their routes. */
async function shown(ground: Ground, peer: ScriptedPeer) {
  const request = await peer.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
  await request.expect("requestOk");
  const present = new Map<string, unknown>();
  const follow = async () => {
    for (;;) {
      const message = await request.next();
      if (message.kind === "namespace") present.set(namespaceKey(message.suffix), message.route);
      if (message.kind === "namespaceDone") present.delete(namespaceKey(message.suffix));
    }
  };
  follow().catch(() => {});
  await ground.settle();
  return present;
}

const LIVE = namespaceKey(namespaceOf("live"));

Deno.test("relays of other programs are told by which path the tracks of an origin come", async () => {
  await using ground = new Ground(DRAFT);
  const origin = await ScriptedPeer.connect(await ground.origin(), {
    role: "server",
    setup: { relayHops: 11n },
    draft: draftOf(DRAFT)!,
  });
  const { request } = await origin.expectRequest("subscribeNamespace");
  await request.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array(0) });
  const say = async (hopPath: readonly bigint[], routeCost: bigint) => {
    await request.send({
      kind: "namespace",
      suffix: namespaceOf("live"),
      route: { hopPath, routeCost },
    });
    await ground.settle();
  };
  await say([7n, 11n], 2n);
  const other = await shown(ground, await ground.relay(12n));
  const onPath = await shown(ground, await ground.relay(7n));
  assert.deepEqual([...other], [[LIVE, {
    hopPath: [7n, 11n, ground.edge.mesh.hop],
    routeCost: 3n,
  }]]);
  assert.deepEqual([...onPath], []);
  await say([7n, 12n, 11n], 2n);
  assert.deepEqual([...other], []);
  await say([7n, 11n], 5n);
  assert.deepEqual(other.get(LIVE), { hopPath: [7n, 11n, ground.edge.mesh.hop], routeCost: 6n });
  await request.send({ kind: "namespaceDone", suffix: namespaceOf("live") });
  await ground.settle();
  assert.deepEqual([...other], []);
});

for (const version of liteVersions) {
  Deno.test(`an origin that speaks ${version.protocol} shows what it has, and is shown what is here`, async () => {
    await using ground = new Ground(version.protocol);
    const origin = new ScriptedLite(await ground.origin(), version);
    await origin.say({ probe: 0, ...(version.number > 4 && { hop: 11n }) });
    await ground.settle();
    await origin.announce({ live: [7n] }, 11n);
    await ground.settle();
    const other = await ground.relay(12n);
    const [route] = (await shown(ground, other)).values();
    const hops = version.number === 3 ? [0n, 0n] : [7n, 11n];
    assert.deepEqual((route as { hopPath: unknown }).hopPath, [...hops, ground.edge.mesh.hop]);
    const announced = await origin.announcements();
    const publishing = await other.request({
      kind: "publishNamespace",
      namespace: namespaceOf("here"),
      parameters: { hopPath: [12n] },
    });
    await publishing.expect("requestOk");
    const heard = await announced.next();
    assert.ok(typeof heard === "object");
    // What it has itself is not given back to it.
    assert.equal("suffix" in heard && heard.suffix, "here");
  });
}
