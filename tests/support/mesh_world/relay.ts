import { type Clock, done, type LogFields, type Tracing } from "@qumo/shared/runtime";
import type { RelayConfig } from "../../../relay/config.ts";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { parseRelayUrl } from "../../../relay/control_plane/mod.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { RelayMesh } from "../../../relay/relay_mesh.ts";
import { SessionServer } from "../../../relay/session_server.ts";
import type { Registry } from "../../../relay/track/mod.ts";
import type { Connection } from "../../../relay/transport/mod.ts";
import { memoryLog } from "../worlds/memory_log.ts";
import { steeringOf } from "../worlds/plain_tokens.ts";
import type { Host } from "./network.ts";
import { RelayClock } from "./relay_clock.ts";

/** How relays of these tests are configured: like any other, and less patient with those that leave. */
export const CONFIG: RelayConfig = {
  ...DEFAULTS,
  relay: { ...DEFAULTS.relay, lingerMs: 1_000, requestTimeoutMs: 5_000 },
  // With a key, a relay has the name that was given to it, though there be no controller.
  mesh: { ...DEFAULTS.mesh, pingIntervalMs: 250, linkTimeoutMs: 800, keyFile: "key" },
};

/** How one relay is made. */
export interface RelayInit {
  readonly name: string;
  readonly clock: Clock;
  /** What is different from {@linkcode CONFIG}. */
  readonly config: Partial<RelayConfig>;
  readonly random: () => number;
  readonly tracing: Tracing;
  readonly dial: (from: Host, hostname: string) => Promise<Connection>;
  /** What controllers answer. */
  readonly fetch: (from: Host, request: Request, signal: AbortSignal) => Promise<Response>;
}

/** One relay: its sessions and its part in a mesh, over lines in memory. */
export class WorldRelay implements Host {
  readonly name: string;
  readonly clock: RelayClock;
  readonly metrics = new RelayMetrics();
  readonly steering: ReturnType<typeof steeringOf>;
  readonly sessions: SessionServer;
  readonly registry: Registry;
  readonly mesh: RelayMesh;
  readonly lines: readonly { text: string; fields: LogFields }[];
  state: Host["state"] = "alive";
  /** Resolves when the end that was begun is through. */
  ended: Promise<unknown> = Promise.resolve();
  #isDraining = false;

  constructor({ name, dial, fetch, random, tracing, ...init }: RelayInit) {
    this.name = name;
    const clock = this.clock = new RelayClock(init.clock);
    const { log, lines } = memoryLog();
    this.lines = lines;
    const { metrics } = this;
    const config = { ...CONFIG, ...init.config, relay: { ...CONFIG.relay, nodeId: name } };
    const parts = { config, metrics, clock, log, tracing };
    this.steering = steeringOf(clock, { log, counts: metrics.access });
    this.mesh = new RelayMesh({
      hostname: () => name,
      files: { readText: () => Promise.resolve(""), modified: () => Promise.resolve(0) },
      dial: (url) => dial(this, parseRelayUrl(url)!.hostname),
      openFetch: () =>
        Promise.resolve(done({
          fetch: (input, init) => fetch(this, new Request(input, init), init!.signal!),
          close: () => {},
        })),
      random,
    }, {
      ...parts,
      steering: this.steering,
      startSession: (connection, link) => this.sessions.startLink(connection, link),
      address: () => `moqt://${name}:4433`,
      certificateHash: () => "0".repeat(64),
      load: () => ({}),
      isDraining: () => false,
      onDrain: () => {},
      known: { addNeighbor: () => {} },
      tokenFor: () => undefined,
    });
    this.sessions = new SessionServer({ ...parts, refused: { add: () => {} }, mesh: this.mesh });
    this.registry = this.sessions.registry;
  }

  /** Begins to call others and to register; clients may come when it has. */
  async start(): Promise<void> {
    await this.mesh.open();
    this.mesh.start();
  }

  /** Its links to others. */
  get links() {
    return this.mesh.view?.links ?? [];
  }

  /** The relays that it knows of and cannot reach. */
  get unreachable() {
    return this.mesh.view?.unreachable ?? [];
  }

  /** Errors that it logged. */
  get errors(): string[] {
    return this.lines.filter(({ text }) => text.startsWith("error:")).map((line) =>
      `${this.name}: ${line.text} ${line.fields.error}`
    );
  }

  /** What is left of what it had. */
  get left(): Record<"groups" | "tracks" | "sessions" | "remote" | "faults", number> {
    const { cache, tracks, sessions } = this.sessions.snapshot();
    return {
      groups: cache.groups,
      tracks,
      sessions,
      remote: this.mesh.view?.remoteTracks ?? 0,
      faults: this.metrics.unhandledErrors,
    };
  }

  accept(connection: Connection): void {
    if (this.#isDraining) connection.close(0, "the relay is going away");
    else this.sessions.serve(connection);
  }

  /** Stands still: its time too. */
  freeze(): void {
    this.state = "frozen";
    this.clock.stop();
  }

  thaw(): void {
    this.state = "alive";
    this.clock.goOn();
  }

  /** Asks everybody to go elsewhere, and takes in nobody any more; the controller is not told. */
  drain(timeoutMs: number): void {
    this.#isDraining = true;
    void this.sessions.drain(timeoutMs, undefined);
  }

  /** Ends everything: with a word to the neighbors unless it is dead. */
  end(): Promise<unknown> {
    return this.ended = Promise.all([this.mesh.close(), this.sessions.close()]);
  }
}
