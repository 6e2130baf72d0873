import {
  type Draft,
  drafts,
  type FullTrackName,
  type LiteVersion,
  multiplexedDrafts,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { loneHost } from "../worlds/lone_host.ts";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { SessionServer } from "../../../relay/session_server.ts";
import { Canary } from "./canary.ts";
import { HonestPeer } from "./honest_peer.ts";
import { HostileLite } from "./hostile_lite.ts";
import type { HostileConnection, Move } from "./hostile_connection.ts";
import { HostileMoqt } from "./hostile_moqt.ts";
import { Random } from "../random.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";
import { ManualClock } from "../worlds/manual_clock.ts";
import {
  type MemoryConnection,
  type MemoryOptions,
  memoryPair,
} from "../transport/memory_connection.ts";
import { memoryLog } from "../worlds/memory_log.ts";

/** Where an honest peer publishes a track where hostile ones can see it. */
const STAGE = "stage";
const ALIAS = 5n;

/** How long things are kept that nobody uses: the longest wait that the relay has of its own. */
const REST_MS = 60_000;

const CONFIG = {
  ...DEFAULTS,
  relay: { ...DEFAULTS.relay, lingerMs: 500, rendezvousMaxMs: 3_000, requestTimeoutMs: 3_000 },
  cache: { ...DEFAULTS.cache, maxBytes: 4_000_000, maxTrackBytes: 1_000_000, maxAgeMs: 5_000 },
  // Small, so that they are met.
  limits: {
    ...DEFAULTS.limits,
    maxRequests: 30,
    maxSubscriptions: 6,
    maxPublishedTracks: 6,
    maxNamespaces: 6,
    maxNamespaceSubscriptions: 4,
    maxFetches: 4,
    maxObjectBytes: 60_000,
  },
  delivery: { ...DEFAULTS.delivery, maxBacklogBytes: 50_000, maxOpenSubgroups: 4 },
};

/**
 * A host with honest sessions on it that is fed hostile ones. A canary pair in a scope of its own must
 * lose nothing; an audience in the scope of the hostile peers, which watches whatever they publish, must
 * be left in peace and be sent nothing that is not well formed.
 */
export class HostileWorld {
  readonly metrics = new RelayMetrics();
  readonly host: SessionServer;
  readonly #clock = new ManualClock();
  readonly #log = memoryLog();
  readonly #dialects: readonly (Draft | LiteVersion)[];
  readonly #honest: HonestPeer[] = [];
  #canary: Canary | undefined;
  #audience: HonestPeer | undefined;
  #stray: unknown[] = [];
  #calm: unknown;
  /** How many hostile things were sent. */
  inputs = 0;
  /** How many hostile sessions the relay closed. */
  closed = 0;

  /** Hostile peers speak this dialect, or any draft of MoQT when nothing is said. */
  constructor(dialect?: Draft | LiteVersion) {
    const { metrics } = this;
    this.#dialects = dialect === undefined ? [...drafts, ...multiplexedDrafts] : [dialect];
    this.host = loneHost({ config: CONFIG, metrics, clock: this.#clock, log: this.#log.log });
    globalThis.addEventListener("unhandledrejection", this.#unhandled);
  }

  /** Lets the honest peers begin. */
  async open(): Promise<void> {
    // All in one group, so that the relay keeps as many at all times.
    this.#canary = await Canary.start(() => this.#join("/canary"), Infinity);
    await (await this.#join("")).offer(STAGE, ALIAS);
    this.#audience = await this.#join("");
    await this.#audience.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
    const prefix = namespaceOf("hostile");
    await this.#audience.request({ kind: "subscribeTracks", prefix, parameters: {} });
    await this.settle();
    this.#calm = this.#state();
  }

  /**
   * Hostile sessions, two now and then that help each other: they begin well or badly, make up to
   * `most` moves of these kinds for as long as they are let, and go.
   */
  async session(seed: number, moves: readonly Move[], most: number): Promise<void> {
    const random = new Random(seed);
    const own = trackOf("hostile", `track ${random.below(4)}`);
    const watching = await this.#watch(own, random);
    const gang = [this.#letIn(random, own)];
    if (random.percent(20)) gang.push(this.#letIn(random, own));
    await this.settle();
    for (let left = 1 + random.below(most); left > 0; left--) {
      const { peer, isClosed } = random.pick(gang);
      if (isClosed()) break;
      peer.moves[random.pick(moves)]!();
      this.inputs++;
      if (random.percent(50)) {
        await this.#clock.advance(random.percent(3) ? random.below(9_000) : 0);
      }
    }
    if (random.percent(70)) await this.settle();
    for (const { peer, client, isClosed } of gang) {
      if (!isClosed()) peer.leave(() => client.sever());
    }
    watching.cancel();
    for (const { client, dialect } of gang) await this.#judge(client, dialect);
  }

  /** Nothing is left of the hostile sessions, and the honest ones have what they had. */
  async rest(): Promise<void> {
    await this.#clock.advance(REST_MS);
    await this.settle();
    await this.#checkCanary();
    assert.deepEqual(this.#state(), this.#calm, "Something is left of hostile sessions");
    this.#log.lines.length = 0;
  }

  /** Ends everything: after it the relay must be as it was before the first session. */
  async close(): Promise<void> {
    for (const peer of this.#honest) peer.peer.close();
    await this.#clock.advance(REST_MS);
    const { sessions, subscriptions, tracks, namespaces, cache } = this.host.snapshot();
    assert.deepEqual(
      { active: this.host.active, sessions, subscriptions, tracks, namespaces, ...cache },
      { active: 0, sessions: 0, subscriptions: 0, tracks: 0, namespaces: 0, bytes: 0, groups: 0 },
    );
    assert.equal(this.#clock.pending, 0, "Timers are left");
  }

  /** Rejections that nobody handles are the test's again. */
  stopListening(): void {
    globalThis.removeEventListener("unhandledrejection", this.#unhandled);
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await this.#clock.advance(0);
  }

  readonly #unhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    this.#stray.push(event.reason);
  };

  /** A peer that keeps to the rules. */
  async #join(path: string): Promise<HonestPeer> {
    const [client, connection] = memoryPair();
    this.host.serve(connection);
    const setup = { path, implementation: "honest peer" };
    const peer = new HonestPeer(await ScriptedPeer.connect(client, { setup }));
    this.#honest.push(peer);
    await this.settle();
    return peer;
  }

  /** The audience asks for what the hostile peer may publish, and for some of its past. */
  async #watch(track: FullTrackName, random: Random): Promise<{ cancel(): void }> {
    const audience = this.#audience!;
    const parameters = { rendezvousTimeout: 3_000n };
    const requests = [await audience.request({ kind: "subscribe", track, parameters })];
    if (random.percent(50)) {
      const start = { group: 0n, object: 0n };
      const end = { group: BigInt(random.below(9)), object: WHOLE_GROUP };
      const range = { type: "standalone", track, start, end } as const;
      const parameters = { fillTimeout: 3_000n };
      requests.push(await audience.request({ kind: "fetch", range, parameters }));
    }
    if (random.percent(30)) {
      requests.push(await audience.request({ kind: "trackStatus", track, parameters: {} }));
    }
    return { cancel: () => requests.forEach((request) => request.cancel()) };
  }

  #letIn(random: Random, own: FullTrackName) {
    const dialect = random.pick(this.#dialects);
    const [client, connection] = memoryPair({ ...networkOf(random), protocol: dialect.protocol });
    this.host.serve(connection);
    let closed = false;
    void client.closed.then(() => closed = true);
    const parts = { connection: client, random, tracks: [own, trackOf(STAGE, "track")] };
    const peer: HostileConnection = "family" in dialect
      ? new HostileMoqt(parts, dialect)
      : new HostileLite(parts, dialect);
    peer.begin();
    return { peer, client, dialect, isClosed: () => closed };
  }

  async #judge(
    hostile: MemoryConnection,
    { protocol, sessionCodes }: Draft | LiteVersion,
  ): Promise<void> {
    await this.settle();
    const { code, by } = await hostile.closed;
    const names = Object.entries(sessionCodes);
    const end = by === "peer" ? names.find(([, number]) => number === code)?.[0] : by;
    const said = `The session of ${protocol} was closed with 0x${code.toString(16)}`;
    assert.ok(end !== undefined, said);
    assert.notEqual(end, "internal_error", `A fault of ours: ${this.#errors()}`);
    if (by === "peer") this.closed++;
    assert.equal(this.metrics.unhandledErrors, 0, `A fault of ours: ${this.#errors()}`);
    assert.deepEqual(this.#stray, [], "A promise was rejected that nobody held");
    for (const peer of this.#honest) {
      assert.deepEqual(peer.faults, [], "An honest peer was sent what is not well formed");
      assert.equal(peer.closed, undefined, "An honest peer's session was closed");
    }
    await this.#checkCanary();
  }

  /** One object more, which must be there at once, and nothing else. */
  async #checkCanary(): Promise<void> {
    await this.#canary!.send();
    await this.settle();
    this.#canary!.check();
    this.#audience!.objects.length = 0;
  }

  #state(): unknown {
    const { sessions, subscriptions, tracks, namespaces, cache } = this.host.snapshot();
    const { groups } = cache;
    // The canary's bytes grow until they are trimmed, and the sweep of its group is the one timer.
    return { sessions, subscriptions, tracks, namespaces, groups: Math.max(1, groups) };
  }

  #errors(): string {
    return Deno.inspect(this.#log.lines.filter(({ text }) => text.startsWith("error:")));
  }
}

function networkOf(random: Random): MemoryOptions {
  return {
    canReset: random.percent(50),
    streamWindow: random.pick([50, 5_000, 1_250_000]),
    maxUniStreams: random.pick([3, 1_000]),
    maxBidiStreams: random.pick([3, 1_000]),
  };
}
