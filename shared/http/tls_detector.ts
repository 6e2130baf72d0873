import type { SecureContext } from "node:tls";
import type { CertificatePair } from "@qumo/shared/runtime";
import type { Connection } from "./connection.ts";

/** The first byte of a TLS connection; no HTTP request begins with it. */
const TLS_HANDSHAKE = 0x16;

/** TLS at the same port as plain HTTP. */
export class TlsDetector {
  readonly #connections = new WeakMap<object, Connection>();
  #certificate: CertificatePair;
  #context: SecureContext | undefined;

  constructor(certificate: CertificatePair) {
    this.#certificate = certificate;
  }

  /** New connections use this certificate. */
  useCertificate(certificate: CertificatePair): void {
    this.#certificate = certificate;
    this.#context = undefined;
  }

  /** Calls `use` with the connection, or with TLS over it, once its first byte tells. */
  detect(connection: Connection, use: (socket: Connection) => void): void {
    // A connection that fails before anybody listens is no error of ours.
    connection.on("error", () => {});
    const begin = (socket: Connection) => {
      use(socket);
      // The stream waits until the one who listens now is there.
      queueMicrotask(() => connection.resume());
    };
    // Who leaves without a word holds no descriptor any longer.
    const leave = () => connection.destroy();
    connection.once("end", leave);
    connection.once("data", (first: Uint8Array) => {
      connection.off("end", leave);
      connection.pause();
      connection.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) return begin(connection);
      this.#secure(connection).then(begin, () => connection.destroy());
    });
  }

  /** The connection that a socket belongs to. */
  connectionOf(socket: object): Connection {
    return this.#connections.get(socket) ?? socket as Connection;
  }

  async #secure(connection: Connection): Promise<Connection> {
    // Loaded with the first client that needs it.
    const { createSecureContext, TLSSocket } = await import("node:tls");
    const { certificate: cert, key } = this.#certificate;
    this.#context ??= createSecureContext({ cert, key });
    const socket = new TLSSocket(connection as never, {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: ["http/1.1"],
    });
    startSafely(socket as unknown as Startable);
    this.#connections.set(socket, connection);
    Object.defineProperty(socket, "remoteAddress", { value: connection.remoteAddress });
    socket.on("error", () => connection.destroy());
    socket.on("close", () => connection.destroy());
    connection.on("close", () => socket.destroy());
    return socket as unknown as Connection;
  }
}

/** What a TLS socket of Node.js has beside its types. */
interface Startable {
  _start(): void;
  destroy(): void;
}

/**
 * Ends a socket whose start fails. TLS starts in a later tick, and when the first bytes are refused
 * Deno 2.9.6 throws there, to nobody, which would end the process.
 */
function startSafely(socket: Startable): void {
  const start = socket._start;
  socket._start = () => {
    try {
      start.call(socket);
    } catch {
      socket.destroy();
    }
  };
}
