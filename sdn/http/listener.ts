import type { Clock } from "@qumo/shared/runtime";

/** Where and how the HTTP API is served. */
export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** PEM texts; plain HTTP without them. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** A running listener. */
export interface Listener {
  /** The port, which matters when 0 was asked for. */
  readonly port: number;
  /** Takes no new connections, lets running requests end, and cuts off those that outlast the deadline. */
  close(deadlineMs: number): Promise<void>;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/** Serves requests until it is closed. Throws when the address cannot be had. */
export function listen(handler: Handler, options: ListenOptions, clock: Clock): Listener {
  const stop = new AbortController();
  const { hostname, port, tls } = options;
  const server = Deno.serve({
    hostname,
    port,
    ...tls,
    signal: stop.signal,
    onListen: () => {},
  }, handler);
  return {
    port: server.addr.port,
    async close(deadlineMs) {
      const timer = clock.after(deadlineMs, () => stop.abort());
      await server.shutdown();
      timer.cancel();
      await server.finished;
    },
  };
}
