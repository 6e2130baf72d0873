import { type LiveKeys, type Log, messageOf, TaskGroup } from "@qumo/shared/runtime";
import { Admission } from "./admission.ts";
import type { RelayConfig } from "./config.ts";
import { EventLoopLag } from "./ops/event_loop.ts";
import type { Read } from "./ops/readings.ts";
import type { CertificateView } from "./ops/snapshot.ts";
import { callableUrl } from "./control_plane/mod.ts";
import type { DiskArchive } from "./disk/disk_archive.ts";
import { drainRelay } from "./drain.ts";
import { Front } from "./front.ts";
import type { SessionHost } from "./host.ts";
import type { MediaHttp } from "./media/media_http.ts";
import { openHttp } from "./open_http.ts";
import { Overflow } from "./overflow.ts";
import { openMedia } from "./open_media.ts";
import { type OpenParts, openParts } from "./open_parts.ts";
import { KnownAddresses } from "./known_addresses.ts";
import { firstSettings, liveKeys, type LiveSettings, readOpsAccess } from "./live_config.ts";
import { Lifecycle } from "./lifecycle.ts";
import { LoadMeter } from "./load_meter.ts";
import { RelayMetrics } from "./metrics.ts";
import { RefusedConnections } from "./refused_connections.ts";
import type { RelayAccess } from "./relay_access.ts";
import { RelayMesh } from "./relay_mesh.ts";
import type { RelayOptions } from "./relay_options.ts";
import { relayReader } from "./relay_reader.ts";

/** A running relay. */
export class Relay {
  readonly metrics: RelayMetrics;
  /** Reads the state and the counts of the relay. */
  readonly read: Read;
  readonly lifecycle: Lifecycle;
  readonly #options: RelayOptions;
  readonly #access: RelayAccess | undefined;
  readonly #disk: DiskArchive | undefined;
  readonly #ingest: OpenParts["ingest"];
  readonly #log: Log;
  readonly #tasks: TaskGroup;
  readonly #host: SessionHost;
  readonly #known: KnownAddresses;
  readonly #load: LoadMeter;
  readonly #mesh: RelayMesh;
  readonly #eventLoop: EventLoopLag;
  readonly #media: MediaHttp;
  readonly #admission: Admission;
  readonly #front: Front;
  readonly #settings: LiveSettings;
  // In milliseconds since 1970.
  readonly #startedAt: number;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Builds and starts the parts. Rejects with a {@linkcode StartError}, with everything closed
   * again.
   */
  static async start(options: RelayOptions): Promise<Relay> {
    const metrics = new RelayMetrics();
    const parts = await openParts(options, metrics);
    let relay: Relay | undefined;
    try {
      relay = new Relay(options, metrics, parts);
      await relay.#start();
      return relay;
    } catch (error) {
      await (relay ?? parts.disk)?.close();
      throw error;
    }
  }

  private constructor(
    options: RelayOptions,
    metrics: RelayMetrics,
    { access, disk, ingest, hls }: OpenParts,
  ) {
    const { config, clock, log, tracing } = options;
    this.#options = options;
    this.metrics = metrics;
    this.#access = access;
    this.#disk = disk;
    this.#ingest = ingest;
    this.#log = log;
    this.#startedAt = clock.wall();
    this.lifecycle = new Lifecycle(log);
    this.#tasks = new TaskGroup((task, error) =>
      this.lifecycle.fails(`${task}: ${messageOf(error)}`)
    );
    this.#eventLoop = new EventLoopLag(clock);
    this.#settings = firstSettings(config);
    const refused = new RefusedConnections(metrics, log, clock);
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
      openIngests: ingest?.newIngests,
      overflow: this.#newOverflow(),
      ...(gate !== undefined && { gate }),
    });
    this.#admission = new Admission({
      host: this.#host,
      refused,
      isDraining: () => this.lifecycle.isDraining,
      maxSessions: config.server.maxSessions,
    });
    this.#media = openMedia(options, { host: this.#host, gate, metrics, hls });
    this.#front = this.#newFront(refused);
    this.read = this.#newReader();
  }

  #newFront(refused: RefusedConnections): Front {
    return new Front({
      options: this.#options,
      metrics: this.metrics,
      host: this.#host,
      admission: this.#admission,
      refused,
      known: this.#known,
      settings: this.#settings,
      openRtmp: this.#ingest?.openRtmp,
      serveHttp: (port) =>
        openHttp(this.#options, {
          read: this.read,
          media: this.#media,
          openHttpIngest: this.#ingest?.openHttpIngest,
          host: this.#host,
          metrics: this.metrics,
          settings: this.#settings,
          name: this.#mesh.lastingName,
          startedAt: this.#startedAt,
        }, port),
      onCertificate: () => this.#mesh.changed(),
      onFailed: (reason) => this.lifecycle.fails(reason),
    });
  }

  #newReader(): Read {
    const { program, clock } = this.#options;
    return relayReader({
      host: this.#host,
      mesh: this.#mesh,
      front: this.#front,
      metrics: this.metrics,
      eventLoop: this.#eventLoop,
      usage: program.usage,
      state: () => this.lifecycle.state,
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
      isDraining: () => this.lifecycle.isDraining,
      onDrain: () => this.lifecycle.isToldToDrain(),
      known: this.#known,
      tokenFor: (name, audience) => this.#access?.tokenFor(name, audience),
      ...(this.#access?.steering && { steering: this.#access.steering }),
    });
  }

  // From the inside out: sessions before the port, and the certificate before the listener.
  // Readiness comes last.
  async #start(): Promise<void> {
    const { config, files } = this.#options;
    await this.#front.prepare();
    this.#settings.ops = await readOpsAccess(config, files);
    // Before anybody comes: others are told of what the first ones publish.
    await this.#mesh.open();
    this.#front.open();
    this.#tasks.spawn("accepting connections", () => this.#front.listeners.accept());
    this.lifecycle.serves();
    // Once registered, other relays may connect at any time.
    this.#mesh.start();
    this.#access?.begin((key) => this.#mesh.identify(key));
  }

  /** The address that it listens on, with the actual port when port 0 was requested. */
  get address(): string {
    return this.#front.address;
  }

  /** The address at which RTMP is listened for, if it is. */
  get rtmpAddress(): string | undefined {
    return this.#front.rtmpAddress;
  }

  /** An address at which programs on this machine reach the relay. */
  get localAddress(): string {
    return this.#front.localAddress;
  }

  get certificate(): CertificateView {
    return this.#front.certificate;
  }

  /** Checks the files of certificates and keys now instead of at the next interval. */
  async reload(): Promise<void> {
    await Promise.all([this.#front.reload(), this.#access?.reload()]);
  }

  /** How the keys of the configuration are taken over that can change while the relay runs. */
  get liveKeys(): LiveKeys<RelayConfig>[] {
    return liveKeys({
      host: this.#host,
      admission: this.#admission,
      listeners: this.#front.listeners,
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
    this.lifecycle.drains();
    const { drainTimeoutMs } = this.#settings;
    const { clock } = this.#options;
    this.#log.info("draining", { sessions: this.#host.active, timeout_ms: drainTimeoutMs });
    const parts = { host: this.#host, mesh: this.#mesh, clock, log: this.#log };
    await drainRelay(parts, drainTimeoutMs);
    await this.close();
  }

  // From the outside in, and HTTP last: until then supervisors can read the state.
  async #close(): Promise<void> {
    this.lifecycle.drains();
    const certificateKept = this.#front.keepCertificate();
    await this.#mesh.close();
    const accessClosed = this.#access?.close();
    // At once: sessions would look for other routes to what the mesh has ended.
    this.#front.endSessions();
    this.#media.close();
    await this.#host.close();
    await this.#disk?.close();
    await accessClosed;
    await Promise.all([certificateKept, this.#front.closeRtmp()]);
    await this.#tasks.close();
    this.#eventLoop.close();
    await this.#front.closeHttp();
  }
}
