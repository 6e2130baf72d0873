import {
  messageOf,
  type Outcome,
  refused,
  StartError,
  withAssignedMark,
} from "@qumo/shared/runtime";
import { formatAnnounce } from "@qumo/shared/topology";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import { http1Fetch, isSibling, type TlsFetch } from "./config.ts";
import {
  type ControlPlane,
  type ControlPlaneSettings,
  controlPlaneSettings,
  type Identity,
  parseRelayUrl,
  type PublicKey,
  type RelayReport,
} from "./control_plane/mod.ts";
import { parseUpstream, type UpstreamOrigin } from "./config/upstream.ts";
import { type Condition, conditionOf } from "./ops/conditions.ts";
import { openDialer } from "./neighbor_dialer.ts";
import type { RedirectTarget } from "./overflow.ts";
import type { MeshView } from "./ops/snapshot.ts";
import { tokenInFile } from "./origin_token.ts";
import type { AnnouncedRoute, RegistryObserver, Scope } from "./track/mod.ts";
import { nameWithoutController, randomHop } from "./own_name.ts";
import { type Mesh, type OriginTerms, PassedOn } from "./upstream/mod.ts";
import { version } from "./version.ts";
import type { RouteView } from "./views.ts";
import type { MeshAccess, MeshContext } from "./mesh_context.ts";

// Changes of the report within this time share one heartbeat.
const REPORT_DELAY_MS = 20;

/**
 * The relay's part in the mesh: its registration and mirror, and its links to neighbors. Inactive
 * without a controller and without origins.
 */
export class RelayMesh implements RegistryObserver {
  /** The relay's name in the mesh: the registered or configured one, or a random one. */
  readonly name: string;
  /** The relay's id among relays of other programs. */
  readonly hop = randomHop();
  readonly #access: MeshAccess;
  readonly #context: MeshContext;
  readonly #settings: ControlPlaneSettings | undefined;
  readonly #passedOn = new PassedOn({
    hop: this.hop,
    announced: (text) => this.#control?.announced(text),
    withdrawn: (text) => this.#control?.withdrawn(text),
  });
  #control: ControlPlane | undefined;
  #mesh: Mesh | undefined;
  #fetching: TlsFetch | undefined;
  #isReporting = false;

  /** Throws a {@linkcode StartError} when the host name is no valid relay name. */
  constructor(access: MeshAccess, context: MeshContext) {
    const { config } = context;
    this.#access = access;
    this.#context = context;
    const isNamed = config.sdn.relayName !== "" || config.relay.nodeId !== "";
    const hostname = isNamed || config.sdn.urls.length === 0 ? "" : access.hostname();
    const settings = controlPlaneSettings(config, { hostname, version: version.version });
    if (!settings.ok) throw new StartError(settings.refusal);
    this.#settings = settings.value;
    this.name = this.#settings?.name ?? nameWithoutController(config);
  }

  /** The name that persists over restarts; empty for a relay without a configured name. */
  get lastingName(): string {
    return this.#settings?.name ?? this.#context.config.relay.nodeId;
  }

  /**
   * Loads its parts and dials neighbors; from then on it hears of what is published here. Rejects with
   * a {@linkcode StartError}.
   */
  async open(): Promise<void> {
    const { config, clock, log, tracing, known, steering } = this.#context;
    const { files, dial, random = Math.random } = this.#access;
    const dialer = await openDialer({ config, files, clock, dial, known });
    if (this.#settings !== undefined) this.#control = await this.#newControl(this.#settings);
    if (this.#control === undefined && config.upstream.length === 0) return;
    const { mesh, relay } = config;
    const { Mesh } = await import("./upstream/mesh.ts");
    const origins = config.upstream.map((text) => parseUpstream(text)!);
    this.#mesh = new Mesh({
      name: this.name,
      hop: this.hop,
      settings: { ...mesh, requestTimeoutMs: relay.requestTimeoutMs },
      mirror: this.#control?.mirror,
      ...(this.#control?.interests && { interests: this.#control.interests }),
      neighbors: config.sdn.neighbors.keys(),
      addresses: mesh.addresses,
      byHash: mesh.caFile === "" && !mesh.insecure,
      isOnHost: (name) => isSibling(config, name),
      origins: origins.map(({ url }) => url),
      originTerms: this.#termsOf(origins),
      ...(steering && { whyBanned: (neighbor: string) => steering.ofRelay(neighbor) }),
      tokenFor: (neighbor) => this.#context.tokenFor(this.name, neighbor),
      dial: (target) => dialer.dial(target),
      startSession: this.#context.startSession,
      metrics: this.#context.metrics.mesh,
      clock,
      log,
      tracing,
      random,
      onChange: () => this.#changed(),
    });
    steering?.followSubjects(() => this.#mesh?.reviewBans());
  }

  /** Starts to register. */
  start(): void {
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

  routed(key: string, namespace: Namespace, routes: readonly AnnouncedRoute[]): void {
    this.#passedOn.routed({ scope: key, namespace }, routes);
  }

  /** The conditions of the connection to the controller. */
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
   * The condition that makes the relay unready: another process has its name, or one that the
   * configuration selects.
   */
  get unready(): Condition | undefined {
    const { staleIsUnready, unregisteredIsUnready } = this.#context.config.sdn;
    return this.conditions.find((one) => {
      if (one === "name_taken") return true;
      if (one === "controller_outdated" || one === "name_contested") return false;
      return one === "stale_mirror" ? staleIsUnready : unregisteredIsUnready;
    });
  }

  /** The state for operators; undefined for a relay without a mesh. */
  get view(): MeshView | undefined {
    const mesh = this.#mesh;
    if (mesh === undefined) return undefined;
    return {
      name: this.name,
      control: this.#control?.status,
      links: mesh.links(),
      unreachable: mesh.unreachable,
      remoteTracks: mesh.trackCount,
    };
  }

  /** The routes of remote tracks. */
  get routes(): readonly RouteView[] {
    return [...this.#mesh?.routes() ?? []];
  }

  /** Notes that the report to the controller has changed. */
  changed(): void {
    this.#changed();
  }

  /** Where clients are redirected to; undefined when there is no other relay. Never rejects. */
  async redirectTarget(): Promise<RedirectTarget | undefined> {
    const { config, log } = this.#context;
    try {
      const { relay = "", address = "", cpu = 1 } = await this.#control?.assign() ?? {};
      if (parseRelayUrl(address) === undefined) return undefined;
      return { url: withAssignedMark(address), isSibling: isSibling(config, relay), cpu };
    } catch (error) {
      log.warn("no other relay to redirect clients to", { reason: messageOf(error) });
      return undefined;
    }
  }

  /** What the controller says of a key of this relay's. Never rejects. */
  async identify(key: PublicKey): Promise<Outcome<Identity, string>> {
    return await this.#control?.identify(key) ?? refused("there is no controller");
  }

  /** Deregisters the relay. Never rejects. */
  async deregister(): Promise<void> {
    await this.#control?.deregister();
  }

  /** Closes everything without deregistering. */
  async close(): Promise<void> {
    await Promise.all([this.#mesh?.close(), this.#control?.close()]);
    this.#fetching?.close();
  }

  async #newControl(settings: ControlPlaneSettings): Promise<ControlPlane> {
    const { config, clock, log, onDrain, steering } = this.#context;
    const { files, openFetch = http1Fetch, random = Math.random } = this.#access;
    const fetching = await openFetch(config.sdn.tls, (path) => files.readText(path));
    if (!fetching.ok) throw new StartError(fetching.refusal, "sdn.tls");
    this.#fetching = fetching.value;
    const { ControlPlane } = await import("./control_plane/control_plane.ts");
    return new ControlPlane({
      settings,
      clock,
      log,
      files,
      report: () => this.#report(),
      ...(steering !== undefined && { access: steering }),
      onDrain,
      fetch: fetching.value.fetch,
      random,
    });
  }

  #termsOf(origins: readonly UpstreamOrigin[]): ReadonlyMap<string, OriginTerms> {
    const { clock, log } = this.#context;
    const parts = { readText: (path: string) => this.#access.files.readText(path), clock, log };
    return new Map(origins.map(({ url, tokenFile, ...terms }) => {
      const token = tokenFile === undefined ? undefined : tokenInFile(tokenFile, parts);
      return [url, { ...terms, token }];
    }));
  }

  #report(): RelayReport {
    const { address, certificateHash, load, isDraining, steering } = this.#context;
    const links = this.#mesh?.links() ?? [];
    return {
      links: Object.fromEntries(links.map(({ neighbor, state, rttMs }) => [neighbor, {
        up: state === "up",
        ...(rttMs !== undefined && { rtt_ms: Math.round(rttMs * 100) / 100 }),
      }])),
      load: load(),
      flows: this.routes.map(({ track, source, nextHop }) => ({
        track,
        source,
        next_hop: nextHop,
      })),
      certificateSha256: certificateHash(),
      tenants: steering?.usage ?? [],
      address: address(),
      draining: isDraining(),
    };
  }

  #changed(): void {
    const control = this.#control;
    if (control === undefined || this.#isReporting) return;
    this.#isReporting = true;
    this.#context.clock.after(REPORT_DELAY_MS, () => {
      this.#isReporting = false;
      control.changed();
    });
  }
}

/** The directory's text of an announce. */
function announceOf(
  scope: string,
  namespace: Namespace,
  track: FullTrackName | undefined,
): string {
  return formatAnnounce({ scope, namespace, ...(track !== undefined && { name: track.name }) });
}
