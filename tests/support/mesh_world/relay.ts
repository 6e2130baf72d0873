import type { LogFields } from "@qumo/shared/runtime";
import { formatAnnounce, type Registration } from "@qumo/shared/topology";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { RelayConfig } from "../../../relay/config.ts";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { Mirror } from "../../../relay/control_plane/mirror.ts";
import { OwnAnnounces } from "../../../relay/control_plane/own_announces.ts";
import { parseRelayUrl } from "../../../relay/control_plane/mod.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { SessionServer } from "../../../relay/session_server.ts";
import type {
  AnnouncedRoute,
  Registry,
  RegistryObserver,
  Scope,
} from "../../../relay/track/mod.ts";
import type { Connection } from "../../../relay/transport/mod.ts";
import { Mesh } from "../../../relay/upstream/mesh.ts";
import type { MeshOptions } from "../../../relay/upstream/mesh_options.ts";
import { type MeshSettings, PassedOn } from "../../../relay/upstream/mod.ts";
import { memoryLog } from "../worlds/memory_log.ts";
import type { Host } from "./network.ts";
import { RelayClock } from "./relay_clock.ts";

/** How relays of these tests are configured: like any other, and less patient with those that leave. */
export const CONFIG: RelayConfig = {
  ...DEFAULTS,
  relay: { ...DEFAULTS.relay, lingerMs: 1_000, requestTimeoutMs: 5_000 },
  mesh: { ...DEFAULTS.mesh, pingIntervalMs: 250, linkTimeoutMs: 800 },
};

/** How one relay is made. */
export interface RelayInit
  extends Pick<MeshOptions, "name" | "clock" | "neighbors" | "random" | "tracing"> {
  /** How links are different from {@linkcode CONFIG}. */
  readonly settings?: Partial<MeshSettings> | undefined;
  /** For a relay without a controller: the URLs of its origins. */
  readonly origins: readonly string[] | undefined;
  readonly dial: (from: Host, hostname: string) => Promise<Connection>;
  /** Something is different of what the controller is told. */
  readonly onChange: () => void;
}

/** One relay: its sessions and its part in a mesh, over lines in memory and with a mirror that a test holds. */
export class WorldRelay implements Host, RegistryObserver {
  readonly name: string;
  readonly hop: bigint;
  readonly clock: RelayClock;
  readonly metrics = new RelayMetrics();
  readonly mirror: Mirror;
  /** Why relays are not to be called. */
  readonly banned = new Map<string, string>();
  readonly sessions: SessionServer;
  readonly registry: Registry;
  readonly mesh: Mesh;
  readonly lines: readonly { text: string; fields: LogFields }[];
  readonly #announces = new OwnAnnounces();
  readonly #onChange: () => void;
  readonly #passedOn: PassedOn;
  state: Host["state"] = "alive";
  /** Resolves when the end that was begun is through. */
  ended: Promise<unknown> = Promise.resolve();
  #isDraining = false;

  constructor({ name, dial, origins, onChange, ...init }: RelayInit) {
    this.name = name;
    this.hop = hopOf(name);
    this.#onChange = onChange;
    const clock = this.clock = new RelayClock(init.clock);
    const { log, lines } = memoryLog();
    this.lines = lines;
    this.mirror = new Mirror(name);
    this.#passedOn = new PassedOn({
      hop: this.hop,
      announced: (text) => this.#announced(text),
      withdrawn: (text) => this.#withdrawn(text),
    });
    const { metrics, hop } = this;
    this.sessions = new SessionServer({
      config: CONFIG,
      metrics,
      refused: { add: () => {} },
      clock,
      log,
      tracing: init.tracing,
      mesh: this,
    });
    this.registry = this.sessions.registry;
    this.mesh = new Mesh({
      ...init,
      settings: {
        ...CONFIG.mesh,
        requestTimeoutMs: CONFIG.relay.requestTimeoutMs,
        ...init.settings,
      },
      name,
      hop,
      mirror: origins === undefined ? this.mirror : undefined,
      addresses: new Map(),
      byHash: false,
      origins: origins ?? [],
      tokenFor: () => undefined,
      whyBanned: (neighbor) => this.banned.get(neighbor),
      dial: ({ url }) => dial(this, parseRelayUrl(url)!.hostname),
      startSession: (connection, link) => this.sessions.startLink(connection, link),
      metrics: metrics.mesh,
      clock,
      log,
      onChange,
    });
  }

  /** What the controller is told. */
  get report(): Registration {
    const links = this.mesh.links().map(({ neighbor, state }) =>
      [neighbor, { up: state === "up" }] as const
    );
    return {
      address: `moqt://${this.name}:4433`,
      links: Object.fromEntries(links),
      announces: [...this.#announces.told],
    };
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
      remote: this.mesh.trackCount,
      faults: this.metrics.unhandledErrors,
    };
  }

  accept(connection: Connection): void {
    if (this.#isDraining) connection.close(0, "the relay is going away");
    else this.sessions.serve(connection);
  }

  opened(key: string, scope: Scope): void {
    this.mesh.opened(key, scope);
  }

  closed(key: string): void {
    this.mesh.closed(key);
  }

  published(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#announced(announceOf(key, namespace, track));
  }

  routed(key: string, namespace: Namespace, routes: readonly AnnouncedRoute[]): void {
    this.#passedOn.routed({ scope: key, namespace }, routes);
  }

  unpublished(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#withdrawn(announceOf(key, namespace, track));
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

  #announced(text: string): void {
    this.#announces.add(text);
    this.#onChange();
  }

  #withdrawn(text: string): void {
    this.#announces.remove(text);
    this.#onChange();
  }
}

/** The id of a relay among relays outside the mesh. */
export function hopOf(name: string): bigint {
  return [...name].reduce((sum, letter) => 31n * sum + BigInt(letter.charCodeAt(0)), 1n);
}

function announceOf(scope: string, namespace: Namespace, track: FullTrackName | undefined): string {
  return formatAnnounce({ scope, namespace, ...(track !== undefined && { name: track.name }) });
}
