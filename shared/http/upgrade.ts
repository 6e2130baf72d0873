import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@qumo/shared/runtime";
import type { Connection } from "./connection.ts";
import { END_TIMEOUT_MS } from "./limits.ts";

/** A request to speak WebSocket on a connection. */
export interface UpgradeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By names in lower case; repeated ones are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The client's address and port. */
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
}

/** Takes over the connection of a request, whose answer it writes itself. */
export type UpgradeHandler = (request: UpgradeRequest, stream: UpgradedStream) => void;

/** What an {@linkcode UpgradedStream} tells its user. */
export interface UpgradedEvents {
  /** Bytes have arrived; the receiver may keep and change them. */
  onBytes(bytes: Uint8Array): void;
  /** The stream has ended or failed; called once, and nothing afterwards. */
  onEnd(reason: string): void;
}

/** Whether a request asks for WebSocket; other upgrades are ignored, as HTTP allows. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/** The request, as it came. */
export function upgradeRequestOf(
  { method = "", url = "", rawHeaders }: IncomingMessage,
  { remoteAddress, remotePort }: Connection,
  isEncrypted: boolean,
): UpgradeRequest {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const before = headers.get(name);
    headers.set(
      name,
      before === undefined ? rawHeaders[at + 1]! : `${before}, ${rawHeaders[at + 1]}`,
    );
  }
  const host = remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress;
  const target = url.startsWith("/") ? url : "/";
  return { method, target, headers, remoteAddress: `${host}:${remotePort}`, isEncrypted };
}

/** The bytes of a connection that is no longer HTTP. */
export class UpgradedStream {
  readonly #socket: Duplex;
  readonly #early: Uint8Array;
  readonly #clock: Clock;
  #events: UpgradedEvents | undefined;
  #isEnding = false;

  /** `early` came together with the request. */
  constructor(socket: Duplex, early: Uint8Array, clock: Clock) {
    this.#socket = socket;
    this.#early = early;
    this.#clock = clock;
    socket.on("error", (error) => this.#ended(error.message));
    socket.on("close", () => this.#ended("the connection was closed"));
  }

  /** From now on events arrive. */
  listen(events: UpgradedEvents): void {
    this.#events = events;
    const socket = this.#socket;
    if (this.#early.length > 0) events.onBytes(plain(this.#early));
    socket.on("data", (bytes: Uint8Array) => this.#events?.onBytes(plain(bytes)));
    socket.on("end", () => this.#ended("the connection was closed"));
    if (socket.destroyed) this.#ended("the connection was closed");
  }

  /** Resolves when the network can take more. Rejects when the stream has ended. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  /** Ends the stream once everything was written; the client has a moment to end it as well. */
  end(): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#isEnding = true;
    const socket = this.#socket;
    const timer = this.#clock.after(END_TIMEOUT_MS, () => socket.destroy());
    socket.once("close", () => timer.cancel());
    // Reads on to the end, so that the client is not cut off before it has our last bytes.
    if (this.#events === undefined) socket.resume();
    socket.once("end", () => socket.destroy());
    socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #ended(reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.onEnd(reason);
  }
}

/** A buffer of Node.js as plain bytes: its `slice` would not copy. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
