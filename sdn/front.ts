import {
  type Handler,
  type HttpListener,
  type HttpMetrics,
  listenHttp,
  methodLabel,
} from "@qumo/shared/http";
import type { AcmeCertificates } from "@qumo/shared/acme";
import {
  type CertificateEvents,
  type CertificateSource,
  type Log,
  messageOf,
  parseAddress,
  StartError,
  type Tracing,
} from "@qumo/shared/runtime";
import { openCertificates, openOrdered } from "./certificate.ts";
import type { SdnConfig } from "./config/settings.ts";
import { answerWhileStarting } from "./http/starting.ts";
import type { Process } from "./process.ts";

/** The dependencies of {@linkcode Front}. */
export interface FrontParts {
  readonly process: Process;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly metrics: HttpMetrics;
}

/** The HTTP listener: a starting page until the controller is ready, then the whole API. */
export class Front {
  readonly #server: SdnConfig["server"];
  readonly #parts: FrontParts;
  /** Orders of certificates by ACME. */
  readonly acmeOrders = { ok: 0, failed: 0 };
  #certificates: CertificateSource | undefined;
  #ordered: AcmeCertificates | undefined;
  #listener: HttpListener | undefined;
  #handle: Handler = (request) => Promise.resolve(answerWhileStarting(request));

  private constructor({ server }: SdnConfig, parts: FrontParts) {
    this.#server = server;
    this.#parts = parts;
  }

  /**
   * Reads the certificate, if one is configured. Rejects with a StartError when it cannot be used.
   */
  static async prepare(config: SdnConfig, parts: FrontParts): Promise<Front> {
    const front = new Front(config, parts);
    const { log, process } = parts;
    const events: CertificateEvents = {
      onChange(certificate) {
        front.#listener?.useCertificate(certificate);
        const until = new Date(certificate.notAfter).toISOString();
        log.info("certificate replaced", { sha256: certificate.hash, until });
      },
      onRefused: (reason) =>
        log.warn("new certificate refused, the old one stays in use", { reason }),
    };
    if (config.acme.domains.length > 0) {
      const counts = front.acmeOrders;
      front.#ordered = await openOrdered(config, { events, counts, log }, process);
      front.#certificates = front.#ordered;
    } else front.#certificates = await openCertificates(config.server, events, process);
    return front;
  }

  /** Resolves when there is a certificate to listen with, or none is needed, or `signal` is aborted. */
  async ready(signal: AbortSignal): Promise<void> {
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    await Promise.race([this.#ordered?.ready, ended.promise]);
  }

  /** Listens on the configured address. Throws a StartError when that fails. */
  listen(): void {
    const { address } = this.#server;
    const { process, log, tracing, metrics } = this.#parts;
    try {
      this.#listener = listenHttp({
        ...parseAddress(address)!,
        certificate: this.#certificates?.current,
        handle: traced((request, client) => this.#handle(request, client), tracing),
        metrics,
        clock: process.clock,
        log,
      });
    } catch (error) {
      throw new StartError(
        `cannot listen on ${address} (TCP): ${messageOf(error)}`,
        "server.address",
      );
    }
  }

  /** Checks the files of the certificate now instead of at the next interval. */
  async reload(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** Replaces the request handler. */
  serve(handle: Handler): void {
    this.#handle = handle;
  }

  get scheme(): "http" | "https" {
    return this.#certificates === undefined ? "http" : "https";
  }

  /** The address that it listens on. */
  get address(): { readonly hostname: string; readonly port: number } {
    const { hostname, port } = parseAddress(this.#server.address)!;
    return { hostname, port: this.#listener?.port ?? port };
  }

  /** The certificate's expiry in milliseconds since 1970; undefined for plain HTTP. */
  get certificateEnd(): number | undefined {
    return this.#certificates?.current.notAfter;
  }

  /** Waits for running requests up to a deadline, then closes the listener. */
  async close(): Promise<void> {
    await this.#certificates?.close();
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close(this.#server.shutdownTimeoutMs);
  }
}

/**
 * Wraps a handler in a span of its own with the endpoint's name: the runtime's span is not
 * accessible.
 */
function traced(handle: Handler, tracing: Tracing): Handler {
  return async (request: Request, client: string): Promise<Response> => {
    const method = methodLabel(request.method);
    const span = tracing.start(method, {
      kind: "server",
      parent: request.headers.get("traceparent") ?? undefined,
      attributes: { "http.request.method": method, "url.path": new URL(request.url).pathname },
    });
    const response = await span.run(() => handle(request, client));
    span.end();
    return response;
  };
}
