import type { Buffer } from "node:buffer";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  Backoff,
  type CertificatePair,
  type Clock,
  type Log,
  sleep,
  type Timer,
} from "@qumo/shared/runtime";
import { Connection } from "./connection.ts";
import { ConnectionLimiter, type ConnectionLimits } from "./connection_limiter.ts";
import { exchange, type Handler } from "./exchange.ts";
import {
  ACCEPT_RETRY,
  LOOK_MS,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_HEAD_BYTES,
  MAX_UNSENT_BYTES,
} from "./limits.ts";
import type { HttpMetrics } from "./metrics.ts";
import { TlsDetector } from "./tls_detector.ts";
import { UnsentAnswers } from "./unsent.ts";
import {
  UpgradedStream,
  type UpgradeHandler,
  upgradeRequestOf,
  wantsWebSocket,
} from "./upgrade.ts";

/** Where and how HTTP is served. */
export interface HttpOptions {
  readonly hostname: string;
  readonly port: number;
  /** Plain HTTP without it. */
  readonly certificate?: CertificatePair | undefined;
  /** With it, instead of `certificate`, the port speaks TLS and plain HTTP, as each client does. */
  readonly detectedCertificate?: CertificatePair | undefined;
  readonly handle: Handler;
  /** Takes over connections that clients upgrade to WebSocket; without it they cannot. */
  readonly upgrade?: UpgradeHandler | undefined;
  readonly metrics: HttpMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly capacity?: ConnectionLimits;
}

/** A running listener. */
export interface HttpListener {
  /** The port, which matters when 0 was asked for. */
  readonly port: number;
  /**
   * Uses this certificate for new connections. Running requests and event streams continue; idle
   * connections are closed. Throws when that fails, and then nothing has changed.
   */
  useCertificate(certificate: CertificatePair): void;
  /** Stops accepting, lets running requests finish, and closes those that outlast the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Serves requests until it is closed. Throws when it cannot listen on the address. */
export function listenHttp(options: HttpOptions): HttpListener {
  return new TcpListener(options);
}

/**
 * Accepts connections itself and passes each to the parser of `node:http`. The runtime's own server
 * stops for good when the system has no file descriptor left, and has no time-out for request
 * heads.
 */
class TcpListener implements HttpListener {
  readonly port: number;
  readonly #options: HttpOptions;
  readonly #connections: ConnectionLimiter;
  readonly #unsent: UnsentAnswers;
  readonly #parser: Parser;
  readonly #detector: TlsDetector | undefined;
  readonly #answering = new Set<Promise<void>>();
  readonly #accepting = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #listener: Deno.Listener<Deno.Conn>;
  #looking: Timer;

  constructor(options: HttpOptions) {
    const { hostname, port, certificate, metrics, capacity = CAPACITY } = options;
    this.#options = options;
    const { detectedCertificate, upgrade } = options;
    this.#detector = detectedCertificate && new TlsDetector(detectedCertificate);
    // Only TLS ever shares its port, with itself.
    const claimed = certificate === undefined ? port : claim({ hostname, port });
    this.#listener = open({ hostname, port: claimed, certificate });
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#connections = new ConnectionLimiter(capacity, metrics);
    const { unsentBytes = MAX_UNSENT_BYTES } = capacity;
    this.#unsent = new UnsentAnswers(unsentBytes, () => void metrics.drops.unsent++);
    this.#parser = new Parser((incoming, outgoing) => this.#answer(incoming, outgoing));
    this.#parser.on("clientError", (error: Error & { code?: string }, socket) => {
      // Otherwise the client has gone, which many do amid an answer.
      if (error.code?.startsWith("HPE_")) metrics.drops.malformed++;
      const isLong = error.code === "HPE_HEADER_OVERFLOW";
      const reason = isLong ? "431 Request Header Fields Too Large" : "400 Bad Request";
      if (!socket.writable) return void socket.destroy();
      socket.end(`HTTP/1.1 ${reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      socket.once("finish", () => socket.destroy());
    });
    if (upgrade !== undefined) {
      this.#parser.on("upgrade", (incoming: IncomingMessage, socket: Duplex, early: Buffer) => {
        this.#upgrade(incoming, new UpgradedStream(socket, early, options.clock), upgrade);
      });
    }
    this.#looking = this.#look();
    this.#accept(this.#listener);
  }

  useCertificate(certificate: CertificatePair): void {
    if (this.#detector !== undefined) return this.#detector.useCertificate(certificate);
    const former = this.#listener;
    // The new listener starts before the old one ends, so that the port always has one.
    this.#listener = open({ hostname: this.#options.hostname, port: this.port, certificate });
    this.#accept(this.#listener);
    former.close();
    this.#connections.end("waiting");
  }

  async close(deadlineMs: number): Promise<void> {
    this.#parser.isClosed = true;
    this.#stop.abort();
    this.#listener.close();
    this.#looking.cancel();
    this.#connections.end("waiting");
    const timer = this.#options.clock.after(deadlineMs, () => this.#connections.end("all"));
    while (this.#answering.size > 0) await Promise.all(this.#answering);
    await Promise.all([this.#connections.emptied(), ...this.#accepting]);
    timer.cancel();
  }

  #accept(listener: Deno.Listener<Deno.Conn>): void {
    const accepting = this.#run(listener).finally(() => this.#accepting.delete(accepting));
    this.#accepting.add(accepting);
  }

  async #run(listener: Deno.Listener<Deno.Conn>): Promise<void> {
    const { clock, log, metrics } = this.#options;
    const backoff = new Backoff({ ...ACCEPT_RETRY, random: Math.random }, clock);
    let isFailing = false;
    const isOver = () => this.#stop.signal.aborted || listener !== this.#listener;
    while (!isOver()) {
      try {
        this.#take(await listener.accept());
        backoff.succeeded();
        if (isFailing) log.info("accepting HTTP connections again");
        isFailing = false;
      } catch (error) {
        if (isOver()) return;
        metrics.drops.accept_failed++;
        if (!isFailing) log.error("cannot accept HTTP connections, retrying", { error });
        isFailing = true;
        await sleep(clock, backoff.failed(), this.#stop.signal);
      }
    }
  }

  #take(raw: Deno.Conn): void {
    const address = (raw.remoteAddr as Deno.NetAddr).hostname;
    if (!this.#connections.admits(address)) return raw.close();
    const { clock, certificate } = this.#options;
    const connection = new Connection(raw, {
      address,
      port: (raw.remoteAddr as Deno.NetAddr).port,
      encrypted: certificate !== undefined,
      clock,
    });
    this.#connections.add(connection);
    const parse = (socket: Connection) => void this.#parser.emit("connection", socket);
    if (this.#detector === undefined) parse(connection);
    else this.#detector.detect(connection, parse);
  }

  #upgrade(incoming: IncomingMessage, stream: UpgradedStream, handle: UpgradeHandler): void {
    const socket = incoming.socket as unknown as Connection;
    const connection = this.#connectionOf(socket);
    this.#connections.release(connection);
    connection.noDelay();
    handle(
      upgradeRequestOf(incoming, connection, socket !== connection || connection.encrypted),
      stream,
    );
  }

  #connectionOf(socket: object): Connection {
    return this.#detector?.connectionOf(socket) ?? socket as Connection;
  }

  #answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#connectionOf(incoming.socket);
    outgoing.once("close", () => connection.enter("idle"));
    const handle: Handler = (request, client) => {
      connection.enter("busy");
      return this.#options.handle(request, client);
    };
    const hold = (bytes: number) => this.#unsent.hold(connection, bytes);
    const begin = async () => {
      if (!connection.destroyed) await exchange(incoming, outgoing, { handle, hold });
    };
    const answering = (connection.inTurn(outgoing)?.then(begin) ?? begin()).catch((error) => {
      this.#options.log.error("cannot answer an HTTP request", { error });
      connection.destroy();
    }).finally(() => this.#answering.delete(answering));
    this.#answering.add(answering);
  }

  #look(): Timer {
    return this.#options.clock.after(LOOK_MS, () => {
      this.#connections.look();
      this.#looking = this.#look();
    });
  }
}

const CAPACITY: ConnectionLimits = {
  connections: MAX_CONNECTIONS,
  perAddress: MAX_CONNECTIONS_PER_ADDRESS,
};

/**
 * The HTTP parser, which never listens itself. It keeps connections alive while the listener
 * accepts.
 */
class Parser extends Server {
  isClosed = false;

  constructor(answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void) {
    // Time-outs are the listener's.
    const options = {
      keepAliveTimeout: 0,
      maxHeaderSize: MAX_HEAD_BYTES,
      requireHostHeader: false,
      shouldUpgradeCallback: wantsWebSocket,
    };
    super(options, answer);
    Object.defineProperty(this, "listening", { get: () => !this.isClosed });
  }
}

function open(
  { hostname, port, certificate }: Pick<HttpOptions, "hostname" | "port" | "certificate">,
) {
  if (certificate === undefined) return Deno.listen({ hostname, port });
  const { certificate: cert, key } = certificate;
  return Deno.listenTls({
    hostname,
    port,
    cert,
    key,
    alpnProtocols: ["http/1.1"],
    reusePort: true,
  });
}

/**
 * Makes sure that no other process has the address, and finds a free port for port 0. Without it,
 * port sharing would let a second controller start beside this one, each with half of the relays.
 */
function claim({ hostname, port }: Pick<HttpOptions, "hostname" | "port">): number {
  const listener = Deno.listen({ hostname, port });
  listener.close();
  return listener.addr.port;
}
