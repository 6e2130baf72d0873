/** A mesh of ours between relays of another program: what comes from these is known for it everywhere. */
import { draftOf, namespaceKey } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { chain } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import { namespaceOf, ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

const DRAFT = "moqt-22";
const LIVE = namespaceKey(namespaceOf("live"));

type Route = { readonly hopPath: readonly bigint[]; readonly routeCost?: bigint };

/** Two of our relays, with a third between them. */
class Ground extends MeshWorld {
  readonly #peers: ScriptedPeer[] = [];

  constructor() {
    super(chain("west", "middle", "east"));
  }

  /** The id of one of our relays for those of other programs. */
  hop(name: string): bigint {
    return this.relay(name).mesh.hop;
  }

  /** A peer at one of our relays; a relay of another program where it has a hop id. */
  async at(name: string, hop?: bigint): Promise<Other> {
    const [client, server] = memoryPair();
    for (const end of [client, server]) Object.assign(end, { protocol: DRAFT });
    this.relay(name).accept(server);
    const peer = await ScriptedPeer.connect(client, {
      role: "client",
      setup: hop === undefined ? {} : { relayHops: hop },
      draft: draftOf(DRAFT)!,
    });
    this.#peers.push(peer);
    const other = new Other(peer);
    await other.listen();
    await this.advance(200);
    return other;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.close();
    await this.advance(200);
    await super[Symbol.asyncDispose]();
  }
}

class Other {
  readonly peer: ScriptedPeer;
  /** What it is shown, and by which routes. */
  readonly present = new Map<string, unknown>();
  /** How often it was shown or told something. */
  words = 0;

  constructor(peer: ScriptedPeer) {
    this.peer = peer;
  }

  async listen(): Promise<void> {
    const request = await this.peer.request({
      kind: "subscribeNamespace",
      prefix: [],
      parameters: {},
    });
    await request.expect("requestOk");
    const follow = async () => {
      for (;;) {
        const message = await request.next();
        this.words++;
        if (message.kind === "namespace") {
          this.present.set(namespaceKey(message.suffix), message.route);
        }
        if (message.kind === "namespaceDone") this.present.delete(namespaceKey(message.suffix));
      }
    };
    follow().catch(() => {});
  }

  async announce(route: Route | undefined) {
    const request = await this.peer.request({
      kind: "publishNamespace",
      namespace: namespaceOf("live"),
      parameters: { ...route },
    });
    await request.expect("requestOk");
    return request;
  }
}

Deno.test("what a relay of another program passes on is told at the other end of our mesh with its path", async () => {
  await using world = new Ground();
  await world.settle();
  const near = await world.at("west", 11n);
  const [far, client] = [await world.at("east", 12n), await world.at("east")];
  // It is at both ends.
  const both = await world.at("east", 11n);
  const announcement = await near.announce({ hopPath: [7n, 11n], routeCost: 3n });
  await world.advance(500);
  assert.deepEqual(far.present.get(LIVE), {
    hopPath: [7n, 11n, world.hop("west"), world.hop("east")],
    routeCost: 4n,
  });
  assert.deepEqual([...client.present], [[LIVE, undefined]]);
  assert.deepEqual([...both.present], []);
  await announcement.finish();
  await world.advance(500);
  for (const other of [far, client, both]) assert.deepEqual([...other.present], []);
  assert.deepEqual([far.words, both.words], [2, 0]);
});

Deno.test("a namespace that comes back to our mesh by relays of another program ends with its publisher", async () => {
  await using world = new Ground();
  await world.settle();
  const publisher = await world.at("east");
  const [near, far] = [await world.at("west", 11n), await world.at("east", 12n)];
  const announcement = await publisher.announce(undefined);
  await world.advance(500);
  const told = far.present.get(LIVE) as Route;
  assert.deepEqual(told, { hopPath: [0n, world.hop("east")], routeCost: 0n });
  // The others give each other what they are told, and ours what they have.
  const echo = await near.announce({ hopPath: [...told.hopPath, 12n, 11n] });
  await world.advance(500);
  await announcement.finish();
  await publisher.peer[Symbol.asyncDispose]();
  await world.advance(500);
  assert.deepEqual([...far.present], [], "there is nothing that could be passed on");
  await echo.finish();
  await world.advance(500);
  assert.deepEqual([...near.present], []);
});
