import {
  Backoff,
  type CertificatePair,
  formatAddress,
  messageOf,
  sleep,
  TaskGroup,
} from "@qumo/shared/runtime";
import { RtmpConnection, type RtmpParts, type RtmpTransport } from "./connection.ts";
import { RtmpError } from "./errors.ts";
import { MAX_RTMP_HANDSHAKES } from "./limits.ts";

/** Where RTMP is listened for. */
export interface RtmpAddress {
  readonly hostname: string;
  readonly port: number;
}

/** What a listener works with. */
export interface RtmpListenerParts extends RtmpParts {
  /** What limits count a client by, by the host of its address; undefined for one that is trusted. */
  readonly clientOf: (hostname: string) => string | undefined;
  /** Connections of one client. */
  readonly maxPerClient: () => number;
  /** For RTMPS; absent: RTMP without TLS. */
  readonly certificate?: CertificatePair | undefined;
}

/** Takes in encoders that speak RTMP. */
export class RtmpListener {
  readonly #parts: RtmpListenerParts;
  readonly #address: RtmpAddress;
  readonly #tasks: TaskGroup;
  // The oldest first, each with its client.
  readonly #connections = new Map<RtmpConnection, string | undefined>();
  #listener: Deno.Listener;

  /** Throws when it cannot listen on the address. */
  constructor(address: RtmpAddress, parts: RtmpListenerParts) {
    this.#parts = parts;
    const { certificate } = parts;
    this.#listener = certificate === undefined
      ? Deno.listen(address)
      : listenTls(claim(address), certificate);
    this.#address = this.#listener.addr as Deno.NetAddr;
    this.#tasks = new TaskGroup((task, error) => parts.log.error(`${task} failed`, { error }));
    this.#acceptAt(this.#listener);
  }

  /** The address, with the port that was taken where any was asked for. */
  get address(): RtmpAddress {
    return this.#address;
  }

  /** New connections over TLS use this certificate. */
  useCertificate(certificate: CertificatePair): void {
    if (this.#parts.certificate === undefined) return;
    const former = this.#listener;
    // The new listener starts before the old one ends, so that the port always has one.
    this.#listener = listenTls(this.#address, certificate);
    this.#acceptAt(this.#listener);
    former.close();
  }

  /** Stops listening, and ends every connection. */
  async close(): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections.keys()]) connection.close();
    await this.#tasks.close();
  }

  #acceptAt(listener: Deno.Listener): void {
    this.#tasks.spawn("accepting RTMP", (signal) => this.#accept(listener, signal));
  }

  async #accept(listener: Deno.Listener, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    const backoff = new Backoff({ ...RETRY, random: Math.random }, clock);
    while (!signal.aborted) {
      try {
        this.#take(await listener.accept());
        backoff.succeeded();
      } catch (error) {
        if (signal.aborted || error instanceof Deno.errors.BadResource) return;
        log.error("cannot accept RTMP connections, retrying", { error });
        await sleep(clock, backoff.failed(), signal);
      }
    }
  }

  #take(raw: Deno.Conn): void {
    const { clientOf, maxPerClient, onLimit } = this.#parts;
    const client = clientOf((raw.remoteAddr as Deno.NetAddr).hostname);
    if (client !== undefined && this.#countOf(client) >= maxPerClient()) {
      onLimit("connections");
      return raw.close();
    }
    this.#makeRoom();
    const connection = new RtmpConnection(this.#parts, transportOf(raw));
    this.#connections.set(connection, client);
    this.#tasks.spawn("an RTMP connection", async () => {
      await connection.run();
      this.#connections.delete(connection);
    });
  }

  #countOf(client: string): number {
    let count = 0;
    for (const one of this.#connections.values()) if (one === client) count++;
    return count;
  }

  /**
   * Closes one of too many connections that publish nothing yet: the oldest of the client that has most
   * of them, so that who opens many takes the places of nobody else.
   */
  #makeRoom(): void {
    const early = Map.groupBy(
      [...this.#connections].filter(([{ isPublishing }]) => !isPublishing),
      ([, client]) => client,
    );
    const all = [...early].flatMap(([, connections]) => connections);
    if (all.length < MAX_RTMP_HANDSHAKES) return;
    this.#parts.onLimit("connections");
    const trusted = early.get(undefined);
    early.delete(undefined);
    const most = [...early.values()].reduce(
      (one, other) => other.length > one.length ? other : one,
      [],
    );
    // Those who are trusted are the last.
    (most[0] ?? trusted?.[0])?.[0].close();
  }
}

/** How soon accepting is tried again after it failed, as where the system has no file descriptor left. */
const RETRY = { first: 20, cap: 1_000, healthyAfter: 1_000 } as const;

function listenTls(address: RtmpAddress, { certificate: cert, key }: CertificatePair) {
  return Deno.listenTls({ ...address, cert, key, reusePort: true });
}

/** A port that no other process has: one that is shared could be another program's too. */
function claim({ hostname, port }: RtmpAddress): RtmpAddress {
  const listener = Deno.listen({ hostname, port });
  listener.close();
  return { hostname, port: (listener.addr as Deno.NetAddr).port };
}

function transportOf(connection: Deno.Conn): RtmpTransport {
  const { hostname, port } = connection.remoteAddr as Deno.NetAddr;
  if ("setNoDelay" in connection) (connection as Deno.TcpConn).setNoDelay(true);
  return {
    remoteAddress: formatAddress({ hostname, port }),
    async read(into) {
      try {
        return await connection.read(into);
      } catch (error) {
        if (!(error instanceof Deno.errors.InvalidData)) throw error;
        // With TLS the handshake is part of the first read.
        throw new RtmpError(`The connection is no TLS: ${messageOf(error)}`);
      }
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    },
    close() {
      try {
        connection.close();
      } catch {
        // The peer has closed it.
      }
    },
    isEnd: (error) => ENDS.some((kind) => error instanceof kind),
  };
}

/** What the system says of a connection that is over. */
const ENDS = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
  Deno.errors.UnexpectedEof,
];
