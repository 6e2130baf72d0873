import type { CertificatePair, Clock } from "@qumo/shared/runtime";

/** Where and how the HTTP API is served. */
export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** Plain HTTP without it. */
  readonly certificate: CertificatePair | undefined;
}

/** A running listener. */
export interface Listener {
  /** The port, which matters when 0 was asked for. */
  readonly port: number;
  /**
   * New connections are shown this certificate. Requests that run go on, streams of events too;
   * whoever is between two requests connects again. Throws when it cannot be done, and nothing has
   * changed then.
   */
  useCertificate(certificate: CertificatePair): void;
  /** Takes no new connections, lets running requests end, and cuts off those that outlast the deadline. */
  close(deadlineMs: number): Promise<void>;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/** Serves requests until it is closed. Throws when the address cannot be had. */
export function listen(handler: Handler, options: ListenOptions, clock: Clock): Listener {
  const { certificate, ...address } = options;
  return new HttpListener(handler, {
    // Only TLS ever shares its port, with itself.
    address: certificate === undefined ? address : claim(address),
    certificate,
    clock,
  });
}

interface Parts {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly certificate: CertificatePair | undefined;
  readonly clock: Clock;
}

/**
 * A server of Deno's keeps the certificate that it began with, so that another certificate is another
 * server on the same port. It listens before the one before it ends: the port is never without one.
 */
class HttpListener implements Listener {
  readonly port: number;
  readonly #stop = new AbortController();
  readonly #handler: Handler;
  readonly #parts: Parts;
  /** The newest, and those before it whose last requests have not ended. */
  readonly #servers = new Set<Deno.HttpServer>();
  #current: Deno.HttpServer<Deno.NetAddr>;

  constructor(handler: Handler, parts: Parts) {
    this.#handler = handler;
    this.#parts = parts;
    this.#current = this.#serve(parts.certificate);
    this.port = this.#current.addr.port;
  }

  useCertificate(certificate: CertificatePair): void {
    const former = this.#current;
    this.#current = this.#serve(certificate);
    void former.shutdown();
  }

  async close(deadlineMs: number): Promise<void> {
    const timer = this.#parts.clock.after(deadlineMs, () => this.#stop.abort());
    const servers = [...this.#servers];
    await this.#current.shutdown();
    await Promise.all(servers.map((server) => server.finished));
    timer.cancel();
  }

  #serve(certificate: CertificatePair | undefined): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, port } = this.#parts.address;
    const server = Deno.serve({
      hostname,
      port,
      ...(certificate !== undefined && {
        cert: certificate.certificate,
        key: certificate.key,
        reusePort: true,
      }),
      signal: this.#stop.signal,
      onListen: () => {},
    }, this.#handler);
    this.#servers.add(server);
    void server.finished.then(() => this.#servers.delete(server));
    return server;
  }
}

/**
 * Makes sure that nobody else has the address, and finds the port where any will do. Sharing a port
 * would otherwise let a second controller begin beside this one, each with half of the relays.
 */
function claim({ hostname, port }: Parts["address"]): Parts["address"] {
  const listener = Deno.listen({ hostname, port });
  const claimed = { hostname, port: listener.addr.port };
  listener.close();
  return claimed;
}
