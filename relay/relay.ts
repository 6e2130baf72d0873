import {
  type CertificatePair,
  type CertificateSource,
  type LiveKeys,
  type Log,
  messageOf,
  TaskGroup,
} from "@qumo/shared/runtime";
import { Admission } from "./admission.ts";
import { openCertificates, type RelayCertificates } from "./certificate.ts";
import { formatAddress, parseAddress, reachable, type RelayConfig } from "./config.ts";
import { EventLoopLag } from "./ops/event_loop.ts";
import type { Read } from "./ops/readings.ts";
import { type OpsServer, serveOps } from "./ops/server.ts";
import type { CertificateView, RelayState } from "./ops/snapshot.ts";
import { callableUrl } from "./control_plane/mod.ts";
import type { DiskArchive } from "./disk/disk_archive.ts";
import { drainRelay } from "./drain.ts";
import type { SessionHost } from "./host.ts";
import { openHttpIngest, openRtmp } from "./ingest.ts";
import type { MediaHttp } from "./media/media_http.ts";
import { openDisk } from "./open_disk.ts";
import { Overflow } from "./overflow.ts";
import { openMedia } from "./open_media.ts";
import { KnownAddresses } from "./known_addresses.ts";
import { Listeners } from "./listeners.ts";
import { firstSettings, liveKeys, type LiveSettings, readOpsAccess } from "./live_config.ts";
import { LoadMeter } from "./load_meter.ts";
import { RelayMetrics } from "./metrics.ts";
import { pageFiles, pageLibraries } from "./page/mod.ts";
import type { RtmpListener } from "./media/rtmp/listener.ts";
import { type ListenerParts, openPorts } from "./ports.ts";
import type { PortListener } from "./transport/mod.ts";
import { RefusedConnections } from "./refused_connections.ts";
import { openRelayAccess, type RelayAccess } from "./relay_access.ts";
import { RelayMesh } from "./relay_mesh.ts";
import type { RelayOptions } from "./relay_options.ts";
import { relayReader } from "./relay_reader.ts";

// The code of a close without an error, in every protocol.
const NO_ERROR = 0;

// The code of an internal error in every draft: none has a code for a peer that exceeds a limit.
const OVERLOAD = 1;

/** What is opened before the relay is built. */
interface OpenParts {
  readonly access: RelayAccess | undefined;
  readonly disk: DiskArchive | undefined;
}

/** A running relay. */
export class Relay {
  readonly metrics: RelayMetrics;
  /** Reads the state and the counts of the relay. */
  readonly read: Read;
  /** Resolves with a reason when the relay can no longer serve. */
  readonly failed: Promise<string>;
  /** Resolves when the controller orders the relay to drain and stop. */
  readonly drainRequested: Promise<void>;
  readonly #options: RelayOptions;
  readonly #access: RelayAccess | undefined;
  readonly #disk: DiskArchive | undefined;
  readonly #log: Log;
  readonly #tasks: TaskGroup;
  readonly #host: SessionHost;
  readonly #refused: RefusedConnections;
  readonly #known: KnownAddresses;
  readonly #load: LoadMeter;
  readonly #mesh: RelayMesh;
  readonly #listeners: Listeners;
  readonly #eventLoop: EventLoopLag;
  readonly #media: MediaHttp;
  readonly #admission: Admission;
  readonly #settings: LiveSettings;
  // In milliseconds since 1970.
  readonly #startedAt: number;
  readonly #fail: (reason: string) => void;
  readonly #requestDrain: () => void;
  #certificates: CertificateSource | undefined;
  #isGenerated: RelayCertificates["isGenerated"] = () => false;
  #ops: OpsServer | undefined;
  #rtmp: RtmpListener | undefined;
  #address: string | undefined;
  #state: RelayState = "starting";
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Builds and starts the parts. Rejects with a {@linkcode StartError}, with everything closed
   * again.
   */
  static async start(options: RelayOptions): Promise<Relay> {
    const metrics = new RelayMetrics();
    const access = await openRelayAccess(options, metrics.access);
    const disk = await openDisk(options, metrics.disk);
    let relay: Relay | undefined;
    try {
      relay = new Relay(options, metrics, { access, disk });
      await relay.#start();
      return relay;
    } catch (error) {
      await (relay ?? disk)?.close();
      throw error;
    }
  }

  private constructor(
    options: RelayOptions,
    metrics: RelayMetrics,
    { access, disk }: OpenParts,
  ) {
    const { config, clock, log, tracing } = options;
    this.#options = options;
    this.metrics = metrics;
    this.#access = access;
    this.#disk = disk;
    this.#log = log;
    this.#startedAt = clock.wall();
    const { promise, resolve } = Promise.withResolvers<string>();
    this.failed = promise;
    this.#fail = resolve;
    const drain = Promise.withResolvers<void>();
    this.drainRequested = drain.promise;
    this.#requestDrain = drain.resolve;
    this.#tasks = new TaskGroup((task, error) => this.#failWith(`${task}: ${messageOf(error)}`));
    this.#eventLoop = new EventLoopLag(clock);
    this.#settings = firstSettings(config);
    const refused = new RefusedConnections(metrics, log, clock);
    this.#refused = refused;
    this.#known = new KnownAddresses(config.server.knownAddresses);
    this.#load = this.#newLoadMeter();
    this.#mesh = this.#newMesh();
    if (config.sdn.urls.length > 0) access?.steering?.follow(this.#mesh.name);
    const gate = access?.gate(this.#mesh.name);
    this.#host = options.createHost({
      config,
      metrics,
      refused,
      clock,
      log,
      tracing,
      mesh: this.#mesh,
      archive: disk,
      overflow: this.#newOverflow(),
      ...(gate !== undefined && { gate }),
    });
    this.#admission = new Admission({
      host: this.#host,
      refused,
      isDraining: () => this.#state === "draining",
      maxSessions: config.server.maxSessions,
    });
    this.#media = openMedia(options, { host: this.#host, gate, metrics });
    const onAllFailed = (reason: string) => this.#failWith(reason);
    this.#listeners = new Listeners({ admission: this.#admission, log, onAllFailed });
    this.read = this.#newReader();
  }

  #newReader(): Read {
    const { program, clock } = this.#options;
    return relayReader({
      host: this.#host,
      mesh: this.#mesh,
      listeners: this.#listeners,
      metrics: this.metrics,
      eventLoop: this.#eventLoop,
      usage: program.usage,
      state: () => this.#state,
      address: () => this.address,
      certificate: () => this.certificate,
      access: this.#access?.steering,
      clock,
    });
  }

  #newOverflow(): Overflow {
    const { config: { host, relay, server }, clock, log } = this.#options;
    return new Overflow({
      followers: relay.redirectWhenFull,
      isMember: host.member > 0,
      fullness: () => Math.max(this.#load.cpu, this.#host.active / server.maxSessions),
      target: () => this.#mesh.redirectTarget(),
      counts: this.metrics.clientRedirects,
      clock,
      log,
    });
  }

  #newLoadMeter(): LoadMeter {
    const { clock, program } = this.#options;
    return new LoadMeter({
      clients: () => this.#host.clients,
      bytesSent: () => this.metrics.sent.bytes,
      cpuSeconds: () => program.usage().cpuSeconds,
      clock,
    });
  }

  #newMesh(): RelayMesh {
    const { config, files, hostname, dial, clock, log, tracing } = this.#options;
    const { metrics } = this;
    return new RelayMesh({ hostname, files, dial }, {
      config,
      metrics,
      clock,
      log,
      tracing,
      startSession: (connection, options) => this.#host.startLink(connection, options),
      address: () => config.sdn.address || callableUrl(this.address),
      certificateHash: () => this.certificate.hash,
      load: () => this.#load.measure(),
      isDraining: () => this.#state === "draining",
      onDrain: () => this.#drainRequested(),
      known: this.#known,
      tokenFor: (name, audience) => this.#access?.tokenFor(name, audience),
      ...(this.#access?.steering && { steering: this.#access.steering }),
    });
  }

  // From the inside out: sessions before the port, the certificate before the listener, and HTTP
  // after UDP because UDP may choose the port. Readiness comes last.
  async #start(): Promise<void> {
    const { config, files } = this.#options;
    const certificates = await this.#openCertificates();
    this.#certificates = certificates.source;
    this.#isGenerated = certificates.isGenerated;
    this.#settings.ops = await readOpsAccess(config, files);
    this.#openPorts(this.#certificates.current);
    this.#rtmp = openRtmp({
      ...this.#options,
      ingests: this.#host.ingests,
      metrics: this.metrics,
      isKnown: (host) => this.#known.has(host),
      maxPerClient: () => this.#settings.maxConnectionsPerAddress,
      certificate: this.#certificates.current,
    });
    this.#tasks.spawn("accepting connections", () => this.#listeners.accept());
    this.#state = "serving";
    // Once registered, other relays may connect at any time.
    await this.#mesh.start();
    this.#access?.begin((key) => this.#mesh.identify(key));
  }

  /** The address that it listens on, with the actual port when port 0 was requested. */
  get address(): string {
    return this.#address ?? this.#options.config.server.address;
  }

  /** The address at which RTMP is listened for, if it is. */
  get rtmpAddress(): string | undefined {
    return this.#rtmp && formatAddress(this.#rtmp.address);
  }

  /** An address at which programs on this machine reach the relay. */
  get localAddress(): string {
    return formatAddress(reachable(parseAddress(this.address)!));
  }

  get certificate(): CertificateView {
    const { hash, notAfter } = this.#certificates?.current ?? { hash: "", notAfter: 0 };
    return { hash, notAfter, isGenerated: this.#isGenerated() };
  }

  /** Checks the files of certificates and keys now instead of at the next interval. */
  async reload(): Promise<void> {
    await Promise.all([this.#certificates?.reload(), this.#access?.reload()]);
  }

  /** How the keys of the configuration are taken over that can change while the relay runs. */
  get liveKeys(): LiveKeys<RelayConfig>[] {
    return liveKeys({
      host: this.#host,
      admission: this.#admission,
      listeners: this.#listeners,
      known: this.#known,
      access: this.#access,
      files: this.#options.files,
      settings: this.#settings,
    });
  }

  /** Becomes unready, drains all sessions within the configured time, and stops. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** Stops at once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    this.#state = "draining";
    const { drainTimeoutMs } = this.#settings;
    const { clock } = this.#options;
    this.#log.info("draining", { sessions: this.#host.active, timeout_ms: drainTimeoutMs });
    const parts = { host: this.#host, mesh: this.#mesh, clock, log: this.#log };
    await drainRelay(parts, drainTimeoutMs);
    await this.close();
  }

  #drainRequested(): void {
    this.#log.info("drain requested by the controller");
    this.#requestDrain();
  }

  // From the outside in, and HTTP last: until then supervisors can read the state.
  async #close(): Promise<void> {
    this.#state = "draining";
    const certificatesClosed = this.#certificates?.close();
    await this.#mesh.close();
    const accessClosed = this.#access?.close();
    // At once: sessions would look for other routes to what the mesh has ended.
    this.#listeners.close(NO_ERROR, "the relay is shutting down");
    this.#media.close();
    await this.#host.close();
    await this.#disk?.close();
    await accessClosed;
    await Promise.all([certificatesClosed, this.#rtmp?.close()]);
    await this.#tasks.close();
    this.#eventLoop.close();
    await this.#ops?.close();
  }

  #openCertificates(): Promise<RelayCertificates> {
    const { config, files, starter, clock } = this.#options;
    return openCertificates(config, files, {
      starter,
      clock,
      log: this.#log,
      reloads: this.metrics.certificateReloads,
      orders: this.metrics.acmeOrders,
      onChange: (certificate) => {
        this.#listeners.useCertificate(certificate);
        this.#ops?.useCertificate(certificate);
        this.#rtmp?.useCertificate(certificate);
        this.#mesh.changed();
      },
    });
  }

  #openPorts(certificate: CertificatePair): void {
    const { config: { server }, clock, openListeners = () => [] } = this.#options;
    const parts: ListenerParts = {
      server,
      certificate,
      protocols: this.#host.protocols,
      allowOrigin: (origin) => this.#settings.allowOrigin(origin),
      isKnown: (host) => this.#known.has(host),
      overloadCode: OVERLOAD,
      onRefused: (refusal) => this.#refused.add(refusal),
      onLimit: (limit) => void this.metrics.transportLimits[limit]++,
      clock,
    };
    const { udp, http } = openPorts({ ...parts, serveHttp: (udp) => this.#serveOps(udp) });
    this.#ops = http;
    this.#address = formatAddress(udp.address);
    this.#listeners.add(udp);
    for (const listener of openListeners(parts)) this.#listeners.add(listener);
  }

  #serveOps(udp: PortListener): OpsServer {
    const { config, program, clock, log } = this.#options;
    return serveOps({
      hostname: parseAddress(config.server.address)!.hostname,
      port: udp.address.port,
      certificate: this.#certificates!.current,
      upgrade: config.server.websocket === "off"
        ? undefined
        : (request, stream) => udp.upgrade(request, stream),
      read: this.read,
      allowOrigin: (origin) => this.#settings.allowOrigin(origin),
      program,
      startedAt: this.#startedAt,
      name: this.#mesh.lastingName,
      region: config.relay.region,
      perTrack: config.metrics.perTrack,
      maxCacheBytes: config.cache.maxBytes,
      access: () => this.#settings.ops,
      maxDiskBytes: config.cache.disk.folder === "" ? undefined : config.cache.disk.maxBytes,
      ingest: openHttpIngest({
        ...this.#options,
        ingests: this.#host.ingests,
        metrics: this.metrics,
      }),
      page: pageFiles,
      libraries: pageLibraries,
      media: this.#media,
      clock,
      log,
    });
  }

  #failWith(reason: string): void {
    this.#state = "failed";
    this.#log.error("fatal error: the relay stops", { reason });
    this.#fail(reason);
  }
}
