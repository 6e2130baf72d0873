import {
  type Clock,
  type FileAccess,
  type Log,
  messageOf,
  StartError,
  type Tracing,
} from "@qumo/shared/runtime";
import { formatAnnounce, type LoadReport } from "@qumo/shared/topology";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import { type ControllerFetch, controllerFetch, type RelayConfig } from "./config.ts";
import {
  ControlPlane,
  type ControlPlaneSettings,
  controlPlaneSettings,
  parseRelayUrl,
  type RelayReport,
} from "./control_plane/mod.ts";
import { parseUpstream } from "./config/upstream.ts";
import { type Condition, conditionOf } from "./ops/conditions.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import { type Dial, openDialer } from "./neighbor_dialer.ts";
import type { RelayMetrics } from "./ops/metrics.ts";
import type { MeshView } from "./ops/snapshot.ts";
import type { Session } from "./session/session.ts";
import type { SessionLink } from "./session/session_options.ts";
import type { RegistryObserver, Scope } from "./track/mod.ts";
import type { Connection } from "./transport/mod.ts";
import { Mesh } from "./upstream/mod.ts";

/** What the mesh needs of the machine. */
export interface MeshAccess {
  /** The machine's name; asked only when the relay has none. */
  readonly hostname: () => string;
  readonly files: FileAccess;
  readonly dial: Dial;
}

/** What the relay around the mesh knows and does. */
export interface MeshSurroundings {
  readonly config: RelayConfig;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Speaks with a neighbor that was called. */
  readonly startSession: (connection: Connection, link: SessionLink) => Session;
  /** The URL that neighbors can call; empty when none is known. */
  readonly address: () => string;
  readonly certificateHash: () => string;
  readonly load: () => LoadReport;
  readonly isDraining: () => boolean;
  /** The controller wants this relay drained. */
  readonly onDrain: () => void;
  /** Told where neighbors answered. */
  readonly known: Pick<KnownAddresses, "addNeighbor">;
}

// Changes of the report that come together are one heartbeat.
const REPORT_DELAY_MS = 20;

/**
 * This relay among others: what it tells the controller and learns from it, and its links to
 * neighbors. Without a controller and without origins there is nothing of either.
 */
export class RelayMesh implements RegistryObserver {
  /** Its name towards other relays: the one the controller knows, or one that nobody else has. */
  readonly name: string;
  readonly #access: MeshAccess;
  readonly #surroundings: MeshSurroundings;
  readonly #settings: ControlPlaneSettings | undefined;
  #control: ControlPlane | undefined;
  #mesh: Mesh | undefined;
  #fetching: ControllerFetch | undefined;
  #isReporting = false;

  /** Throws a {@linkcode StartError} when the host's name cannot be the relay's. */
  constructor(access: MeshAccess, surroundings: MeshSurroundings) {
    const { config } = surroundings;
    this.#access = access;
    this.#surroundings = surroundings;
    const isNamed = config.sdn.relayName !== "" || config.relay.nodeId !== "";
    const hostname = isNamed || config.sdn.urls.length === 0 ? "" : access.hostname();
    const settings = controlPlaneSettings(config, hostname);
    if (!settings.ok) throw new StartError(settings.refusal);
    this.#settings = settings.value;
    const random = crypto.randomUUID().slice(0, 8);
    this.name = this.#settings?.name ?? `${config.relay.nodeId || "relay"}-${random}`;
  }

  /** The name that it has over restarts; empty for a relay that nobody named. */
  get lastingName(): string {
    return this.#settings?.name ?? this.#surroundings.config.relay.nodeId;
  }

  /** Begins to register and to call neighbors. Rejects with a {@linkcode StartError}. */
  async start(): Promise<void> {
    const { config, clock, log, tracing, known } = this.#surroundings;
    const { files, dial } = this.#access;
    const dialer = await openDialer({ config, files, clock, dial, known });
    if (this.#settings !== undefined) this.#control = await this.#newControl(this.#settings);
    if (this.#control === undefined && config.upstream.length === 0) return;
    const { mesh, relay } = config;
    const origins = config.upstream.map((text) => parseUpstream(text)!);
    this.#mesh = new Mesh({
      name: this.name,
      settings: { ...mesh, requestTimeoutMs: relay.requestTimeoutMs },
      mirror: this.#control?.mirror,
      neighbors: config.sdn.neighbors.keys(),
      addresses: mesh.addresses,
      byHash: mesh.caFile === "" && !mesh.insecure,
      origins: origins.map(({ url }) => url),
      pins: new Map(
        origins.flatMap(({ url, certificateSha256: pin }) => pin === undefined ? [] : [[url, pin]]),
      ),
      dial: (target) => dialer.dial(target),
      startSession: this.#surroundings.startSession,
      metrics: this.#surroundings.metrics.mesh,
      clock,
      log,
      tracing,
      random: Math.random,
      onChange: () => this.#changed(),
    });
    this.#control?.start();
  }

  opened(key: string, scope: Scope): void {
    this.#mesh?.opened(key, scope);
  }

  closed(key: string): void {
    this.#mesh?.closed(key);
  }

  published(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#control?.announced(announceOf(key, namespace, track));
  }

  unpublished(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#control?.withdrawn(announceOf(key, namespace, track));
  }

  /** What is not as it should be between this relay and its controller. */
  get conditions(): readonly Condition[] {
    const status = this.#control?.status;
    if (status === undefined) return [];
    const { problemCode, hasRival, isOutdated, isStale } = status;
    return [
      ...(problemCode === undefined ? [] : [conditionOf(problemCode)]),
      ...(hasRival ? ["name_contested" as const] : []),
      ...(isOutdated ? ["controller_outdated" as const] : []),
      ...(isStale ? ["stale_mirror" as const] : []),
    ];
  }

  /**
   * The condition that keeps this relay from being ready: another process has its name, so that nobody
   * is sent to this one, or one that the configuration says does.
   */
  get unready(): Condition | undefined {
    const { staleIsUnready, unregisteredIsUnready } = this.#surroundings.config.sdn;
    return this.conditions.find((one) => {
      if (one === "name_taken") return true;
      if (one === "controller_outdated" || one === "name_contested") return false;
      return one === "stale_mirror" ? staleIsUnready : unregisteredIsUnready;
    });
  }

  /** The state of things, for operators; undefined for a relay that is alone. */
  get view(): MeshView | undefined {
    const mesh = this.#mesh;
    if (mesh === undefined) return undefined;
    return {
      name: this.name,
      control: this.#control?.status,
      links: mesh.links(),
      routes: [...mesh.routes()],
      unreachable: mesh.unreachable,
      remoteTracks: mesh.trackCount,
    };
  }

  /** Something of what the controller is told is different. */
  changed(): void {
    this.#changed();
  }

  /** Where clients should go instead; undefined when nobody knows. Never rejects. */
  async elsewhere(): Promise<string | undefined> {
    try {
      const address = await this.#control?.assign();
      return address === undefined || parseRelayUrl(address) === undefined ? undefined : address;
    } catch (error) {
      this.#surroundings.log.warn("no other relay to redirect clients to", {
        reason: messageOf(error),
      });
      return undefined;
    }
  }

  /** Takes back the registration. Never rejects. */
  async deregister(): Promise<void> {
    await this.#control?.deregister();
  }

  /** Ends everything without a word to the controller. */
  async close(): Promise<void> {
    await Promise.all([this.#mesh?.close(), this.#control?.close()]);
    this.#fetching?.close();
  }

  async #newControl(settings: ControlPlaneSettings): Promise<ControlPlane> {
    const { config, clock, log, onDrain } = this.#surroundings;
    const { files } = this.#access;
    const fetching = await controllerFetch(config.sdn.tls, (path) => files.readText(path));
    if (!fetching.ok) throw new StartError(fetching.refusal, "sdn.tls");
    this.#fetching = fetching.value;
    return new ControlPlane({
      settings,
      clock,
      log,
      files,
      report: () => this.#report(),
      onDrain,
      fetch: fetching.value.fetch,
    });
  }

  #report(): RelayReport {
    const { address, certificateHash, load, isDraining } = this.#surroundings;
    const links = this.#mesh?.links() ?? [];
    const routes = [...this.#mesh?.routes() ?? []];
    return {
      links: Object.fromEntries(links.map(({ neighbor, state, rttMs }) => [neighbor, {
        up: state === "up",
        ...(rttMs !== undefined && { rtt_ms: Math.round(rttMs * 100) / 100 }),
      }])),
      load: load(),
      flows: routes.map(({ track, source, nextHop }) => ({ track, source, next_hop: nextHop })),
      certificateSha256: certificateHash(),
      address: address(),
      draining: isDraining(),
    };
  }

  #changed(): void {
    const control = this.#control;
    if (control === undefined || this.#isReporting) return;
    this.#isReporting = true;
    this.#surroundings.clock.after(REPORT_DELAY_MS, () => {
      this.#isReporting = false;
      control.changed();
    });
  }
}

/** What the directory holds. */
function announceOf(
  scope: string,
  namespace: Namespace,
  track: FullTrackName | undefined,
): string {
  return formatAnnounce({ scope, namespace, ...(track !== undefined && { name: track.name }) });
}
