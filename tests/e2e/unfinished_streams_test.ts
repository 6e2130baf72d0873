/**
 * What a normal client does, over and over, with a peer that can reset and stop streams as Deno cannot.
 * `TEST_ROUNDS=1000` does it as often.
 */
import assert from "node:assert/strict";
import { ObjectStatus } from "@qumo/shared/wire";
import { type AioquicConnection, type AioquicOptions, connectAioquic } from "../peers/aioquic.ts";
import { pythonMissing } from "../peers/python.ts";
import {
  accept,
  announce,
  objects,
  openSubgroup,
  SubgroupReader,
  subscribe,
} from "../scenarios/script.ts";
import { HANGS_MS } from "../support/deadline.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";

const ROUNDS = Number(Deno.env.get("TEST_ROUNDS") ?? 150);
const LIVE = { filter: { type: "largest_object" } } as const;
const OPTIONS = {
  missing: pythonMissing("aioquic"),
  milliseconds: HANGS_MS + ROUNDS * 200,
  config: {
    relay: { solicit: false },
    limits: { control_message_rate: 10_000, control_message_burst: 10_000 },
  },
};

/** A publisher and a viewer, each of which counts what the other does. */
class Scene implements AsyncDisposable {
  readonly #connections: readonly AioquicConnection[];
  readonly publisher: ScriptedPeer;
  readonly viewer: ScriptedPeer;
  /** Groups of which a stream came to the viewer, in order. */
  readonly seen: bigint[] = [];
  #arrived = Promise.withResolvers<void>();

  private constructor(
    connections: readonly AioquicConnection[],
    publisher: ScriptedPeer,
    viewer: ScriptedPeer,
  ) {
    this.#connections = connections;
    this.publisher = publisher;
    this.viewer = viewer;
    void this.#accept().catch(() => {});
  }

  static async open(test: RelayTest, options: AioquicOptions): Promise<Scene> {
    const connections = [];
    const peers = [];
    for (let count = 0; count < 2; count++) {
      const { connection, peer } = await connect(test, options);
      connections.push(connection);
      peers.push(peer);
    }
    await announce(peers[0]!, "live");
    return new Scene(connections, peers[0]!, peers[1]!);
  }

  /** The viewer subscribes to a track, which the publisher is asked for the first time. */
  async watch(track = VIDEO, alias?: bigint) {
    const request = await subscribe(this.viewer, LIVE, track);
    if (alias !== undefined) await accept(this.publisher, { alias });
    await request.expect("subscribeOk");
    return request;
  }

  /** Resolves when a stream of this group has come. */
  async sees(group: bigint): Promise<void> {
    while (!this.seen.includes(group)) await this.#arrived.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of [this.viewer, this.publisher]) peer.close();
    for (const connection of this.#connections) await connection[Symbol.asyncDispose]();
  }

  async #accept(): Promise<void> {
    for (;;) void this.#read(await this.viewer.nextStream()).catch(() => {});
  }

  async #read(stream: Awaited<ReturnType<ScriptedPeer["nextStream"]>>): Promise<void> {
    const reader = await SubgroupReader.of(stream);
    await reader.next();
    this.seen.push(reader.header.group);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    await reader.rest();
  }
}

async function connect({ relay, deadline }: RelayTest, options: AioquicOptions) {
  const connection = await deadline.for("aioquic", connectAioquic(relay, options));
  return { connection, peer: await ScriptedPeer.connect(connection) };
}

const VIDEO = trackOf("live", "video");

/** What a client does once, in the round of this number. */
type Habit = (round: number) => Promise<void>;

/** Registers tests of something that is done again and again, which costs nobody the session. */
function habitTest(name: string, prepare: (scene: Scene) => Habit | Promise<Habit>): void {
  for (const options of [{}, { webTransport: "webtransport" }] as const) {
    relayTest(
      `${name}, over ${"webTransport" in options ? "WebTransport" : "QUIC"}`,
      async (test) => {
        await using scene = await Scene.open(test, options);
        const act = await prepare(scene);
        for (let round = 0; round < ROUNDS; round++) {
          await test.deadline.for(`round ${round}`, act(round));
        }
        const status = await test.relay.status() as { sessions: number; parked_streams: number };
        assert.equal(status.sessions, 2);
        assert.ok(status.parked_streams <= 32, `${status.parked_streams} streams are parked`);
      },
      OPTIONS,
    );
  }
}

habitTest("a publisher resets each group", async (scene) => {
  await scene.watch(VIDEO, 7n);
  return async (round) => {
    const group = BigInt(round);
    const stream = await openSubgroup(scene.publisher, { group }, ...objects(1));
    await scene.sees(group);
    stream.reset("cancelled");
  };
});

habitTest("a publisher marks the end of its groups and ends no stream", async (scene) => {
  await scene.watch(VIDEO, 7n);
  return async (round) => {
    const group = BigInt(round);
    const end = { id: 1, payload: "", status: ObjectStatus.END_OF_GROUP };
    await openSubgroup(scene.publisher, { group }, ...objects(1), end);
    await scene.sees(group);
  };
});

habitTest("a viewer zaps between tracks, within groups", (scene) => {
  const tracks = ["one", "two"].map((name) => trackOf("live", name));
  const known = new Set<number>();
  return async (round) => {
    const index = round % 2;
    const alias = BigInt(index);
    const request = await scene.watch(tracks[index], known.has(index) ? undefined : alias);
    known.add(index);
    const group = BigInt(round);
    const stream = await openSubgroup(scene.publisher, { alias, group }, ...objects(1));
    await scene.sees(group);
    // In this order, because aioquic stops no stream that has ended meanwhile.
    request.incoming.stop("cancelled");
    request.outgoing.reset("cancelled");
    await stream.finish();
  };
});

habitTest("a viewer pauses and resumes, within groups", async (scene) => {
  const request = await scene.watch(VIDEO, 7n);
  const update = async (forward: boolean) => {
    const requestId = scene.viewer.takeRequestId();
    await request.send({ kind: "requestUpdate", requestId, parameters: { forward } });
    await request.expect("requestOk");
  };
  return async (round) => {
    const group = BigInt(round);
    const stream = await openSubgroup(scene.publisher, { group }, ...objects(1));
    await scene.sees(group);
    await update(false);
    await stream.send(...objects(1, 1));
    await update(true);
    await stream.send(...objects(1, 2));
    await stream.finish();
  };
});

relayTest(
  "a publisher that never ends a stream is asked for a new session, and its viewer sees every group",
  async (test) => {
    const STREAMS = 256;
    await using scene = await Scene.open(test, {});
    await scene.watch(VIDEO, 7n);
    let publisher = scene.publisher;
    let group = 0n;
    await using stack = new AsyncDisposableStack();
    for (let session = 0; session < 3; session++) {
      let isAsked = false;
      void publisher.expectControl("goaway").then(() => isAsked = true, () => {});
      const first = group;
      while (!isAsked) {
        assert.ok(group - first < STREAMS, "the streams of a session are at their end");
        await openSubgroup(publisher, { group }, ...objects(1));
        await test.deadline.for(`group ${group}`, scene.sees(group));
        group++;
      }
      const next = await connect(test, {});
      stack.use(next.connection);
      await announce(next.peer, "live");
      await accept(next.peer, { alias: 7n });
      publisher.close();
      publisher = next.peer;
    }
    assert.ok(group > STREAMS);
    publisher.close();
    const log = test.relay.log();
    assert.match(log, /asking the publisher for a new session/);
  },
  {
    ...OPTIONS,
    config: {
      ...OPTIONS.config,
      server: { max_uni_streams: 256 },
      cache: { max_groups_per_track: 20 },
    },
  },
);
