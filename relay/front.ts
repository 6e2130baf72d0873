import type { CertificatePair, CertificateSource } from "@qumo/shared/runtime";
import type { Admission } from "./admission.ts";
import { openCertificates, type RelayCertificates } from "./certificate.ts";
import { formatAddress, parseAddress, reachable } from "./config.ts";
import type { SessionHost } from "./host.ts";
import type { openRtmp } from "./ingest.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import { Listeners } from "./listeners.ts";
import type { LiveSettings } from "./live_config.ts";
import type { RtmpListener } from "./media/rtmp/listener.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { OpsServer } from "./ops/server.ts";
import type { CertificateView } from "./ops/snapshot.ts";
import { type ListenerParts, openPorts } from "./ports.ts";
import type { RefusedConnections } from "./refused_connections.ts";
import type { RelayOptions } from "./relay_options.ts";
import type { PortListener } from "./transport/mod.ts";

// The code of a close without an error, in every protocol.
const NO_ERROR = 0;

// The code of an internal error in every draft: none has a code for a peer that exceeds a limit.
const OVERLOAD = 1;

/** The port of UDP, and the certificate, that the HTTP side is opened with. */
export interface HttpPort {
  readonly udp: PortListener;
  readonly certificate: CertificatePair;
}

/** What {@linkcode Front} works with. */
export interface FrontParts {
  readonly options: Pick<
    RelayOptions,
    "config" | "files" | "starter" | "openListeners" | "clock" | "log"
  >;
  readonly metrics: RelayMetrics;
  readonly host: Pick<SessionHost, "protocols" | "ingests">;
  /** Undefined: no encoder is taken in. */
  readonly openRtmp?: typeof openRtmp | undefined;
  readonly admission: Pick<Admission, "accept">;
  readonly refused: Pick<RefusedConnections, "add">;
  readonly known: Pick<KnownAddresses, "has">;
  readonly settings: LiveSettings;
  /** Serves HTTP on the same port, or throws. */
  readonly serveHttp: (port: HttpPort) => OpsServer;
  /** Another certificate is used from now on. */
  readonly onCertificate: () => void;
  /** Nobody can come in any more; with the reason. */
  readonly onFailed: (reason: string) => void;
}

/** What the relay is reached by: its port for UDP and TCP, the one for RTMP, and their certificate. */
export class Front {
  /** What connections arrive at. */
  readonly listeners: Listeners;
  readonly #parts: FrontParts;
  #certificates: CertificateSource | undefined;
  #isGenerated: RelayCertificates["isGenerated"] = () => false;
  #http: OpsServer | undefined;
  #rtmp: RtmpListener | undefined;
  #address: string | undefined;

  constructor(parts: FrontParts) {
    this.#parts = parts;
    const { admission, options: { log }, onFailed: onAllFailed } = parts;
    this.listeners = new Listeners({ admission, log, onAllFailed });
  }

  /** Reads the certificate, or orders or generates one. Rejects with a StartError. */
  async prepare(): Promise<void> {
    const { options, metrics, onCertificate } = this.#parts;
    const { config, files, starter, clock, log } = options;
    const { source, isGenerated } = await openCertificates(config, files, {
      starter,
      clock,
      log,
      reloads: metrics.certificateReloads,
      orders: metrics.acmeOrders,
      onChange: (certificate) => {
        this.listeners.useCertificate(certificate);
        this.#http?.useCertificate(certificate);
        this.#rtmp?.useCertificate(certificate);
        onCertificate();
      },
    });
    this.#certificates = source;
    this.#isGenerated = isGenerated;
  }

  /** Listens, with the certificate of prepare(). Throws a StartError. */
  open(): void {
    const { options, metrics, host, known, settings, openRtmp } = this.#parts;
    const certificate = this.#certificates!.current;
    // HTTP after UDP, which may choose the port.
    this.#openPorts(certificate);
    this.#rtmp = openRtmp?.({
      ...options,
      ingests: host.ingests,
      metrics,
      isKnown: (address) => known.has(address),
      maxPerClient: () => settings.maxConnectionsPerAddress,
      certificate,
    });
  }

  /** The address that it listens on, with the actual port when port 0 was requested. */
  get address(): string {
    return this.#address ?? this.#parts.options.config.server.address;
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

  /** Checks the files of certificates now instead of at the next interval. */
  async reload(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** The certificate stays as it is from now on. */
  async keepCertificate(): Promise<void> {
    await this.#certificates?.close();
  }

  /** Stops listening for sessions, and ends those that there are. */
  endSessions(): void {
    this.listeners.close(NO_ERROR, "the relay is shutting down");
  }

  /** Stops listening for RTMP. */
  async closeRtmp(): Promise<void> {
    await this.#rtmp?.close();
  }

  /** Stops listening for HTTP, and drops what is under way. */
  async closeHttp(): Promise<void> {
    await this.#http?.close();
  }

  #openPorts(certificate: CertificatePair): void {
    const { options, metrics, host, known, refused, settings, serveHttp } = this.#parts;
    const { config: { server }, clock, openListeners = () => [] } = options;
    const parts: ListenerParts = {
      server,
      certificate,
      protocols: host.protocols,
      allowOrigin: (origin) => settings.allowOrigin(origin),
      isKnown: (address) => known.has(address),
      overloadCode: OVERLOAD,
      onRefused: (refusal) => refused.add(refusal),
      onLimit: (limit) => void metrics.transportLimits[limit]++,
      clock,
    };
    const { udp, http } = openPorts({
      ...parts,
      serveHttp: (udp) => serveHttp({ udp, certificate }),
    });
    this.#http = http;
    this.#address = formatAddress(udp.address);
    this.listeners.add(udp);
    for (const listener of openListeners(parts)) this.listeners.add(listener);
  }
}
