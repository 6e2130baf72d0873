import type { Log } from "@qumo/shared/runtime";

/** An HTTP server that listens. */
export interface OpsServer {
  readonly port: number;
  /** Stops listening and drops what is under way: a client that reads slowly would hold us up. */
  close(): Promise<void>;
}

/** Where to listen, and who answers. */
export interface OpsListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly answer: (request: Request) => Response | Promise<Response>;
  readonly log: Log;
}

/** Listens for HTTP on a TCP port. Throws when the port is taken or not ours to take. */
export function listenHttp({ hostname, port, answer, log }: OpsListenOptions): OpsServer {
  const stop = new AbortController();
  const server = Deno.serve({
    signal: stop.signal,
    hostname,
    port,
    onListen: () => {},
    onError: (error) => {
      log.error("Cannot answer an HTTP request", { error });
      return new Response(null, { status: 500 });
    },
  }, answer);
  const close = () => {
    stop.abort();
    return server.finished;
  };
  return { port: server.addr.port, close };
}
