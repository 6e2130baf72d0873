import type {
  Peer,
  Publication,
  PublishedGroup,
  Watch,
  WatchedObject,
} from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { PythonScript } from "./python.ts";

/** What is different from the usual. */
export interface MoqRsOptions {
  /** WebTransport when nothing is said. */
  readonly transport?: "quic" | "webtransport";
  /** Where on the relay. */
  readonly path?: string;
  /** How much the library writes to the log: `debug` shows its messages. */
  readonly level?: "error" | "warn" | "info" | "debug" | "trace";
}

/** Connects moq-dev's Rust library to a server on the loopback address. */
export async function connectMoqRs(
  server: QuicServerAddress,
  options: MoqRsOptions = {},
): Promise<MoqRsPeer> {
  const peer = startMoqRs(server, options);
  try {
    await peer.connected;
    return peer;
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** The same, before it is known whether it is let in. */
export function startMoqRs(
  server: QuicServerAddress,
  { transport = "webtransport", path = "/", level = "info" }: MoqRsOptions = {},
): MoqRsPeer {
  const scheme = transport === "quic" ? "moqt" : "https";
  const url = `${scheme}://127.0.0.1:${server.port}${path}`;
  return new MoqRsPeer(url, server.certificateHash.toHex(), level);
}

interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** moq-dev's Rust library, in a process of its own. */
export class MoqRsPeer implements Peer {
  /** Resolves when the session stands. */
  readonly connected: Promise<void>;
  readonly #script: PythonScript;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;

  constructor(url: string, certificateHash: string, level: string) {
    this.connected = this.#expect<void>();
    this.#script = new PythonScript(
      new URL("moq_rs_peer.py", import.meta.url),
      [url, certificateHash, level],
      (message) => this.#hear(message as Answer),
    );
    this.#script.ended.then(() => this.#end());
  }

  async publish(path: string, tracks: readonly string[]): Promise<Publication> {
    await this.#ask("publish", path, tracks);
    return {
      startGroup: (track) => this.#startGroup(path, track),
      subscribed: (track) => this.#ask("subscribed", path, track),
      unsubscribed: (track) => this.#ask("unsubscribed", path, track),
      end: () => this.#ask("end", path),
    };
  }

  /**
   * Publishes H.264 as it comes out of an encoder (Annex B), until the stream ends: the library cuts
   * it into groups and says in a catalog what it is.
   */
  async publishVideo(path: string, encoded: AsyncIterable<Uint8Array>): Promise<void> {
    const video = await this.#ask("publish_video", path);
    for await (const bytes of encoded) await this.#ask("write_video", video, bytes.toBase64());
  }

  /** Objects are counted from the first that arrives of a group: the library knows no other number. */
  async watch(path: string, track: string): Promise<Watch> {
    const watch = await this.#ask("watch", path, track);
    return {
      next: () => this.#next(watch),
      stop: () => this.#ask("stop", watch),
    };
  }

  /** What the library makes of the catalog of a broadcast. */
  catalog(path: string): Promise<string> {
    return this.#ask("catalog", path);
  }

  announced(path: string): Promise<void> {
    return this.#ask("announced", path);
  }

  withdrawn(path: string): Promise<void> {
    return this.#ask("withdrawn", path);
  }

  /** What the library logged. */
  log(): string {
    return this.#script.log();
  }

  /** Is gone without a word, as a program that crashed. */
  vanish(): void {
    this.#script.kill("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#script[Symbol.asyncDispose]();
  }

  async #startGroup(path: string, track: string): Promise<PublishedGroup> {
    const group = await this.#ask<{ number: number; id: number }>("start_group", path, track);
    return {
      id: group.id,
      write: (payload) => this.#ask("write", group.number, payload.toBase64()),
      end: () => this.#ask("end_group", group.number),
    };
  }

  async #next(watch: unknown): Promise<WatchedObject | undefined> {
    type Found = { group: number; object: number; payload: string } | null;
    const found = await this.#ask<Found>("next", watch);
    return found === null ? undefined : { ...found, payload: Uint8Array.fromBase64(found.payload) };
  }

  // deno-lint-ignore no-explicit-any -- each command knows what it is answered
  #ask<T = any>(command: string, ...args: readonly unknown[]): Promise<T> {
    const number = this.#number;
    const answer = this.#expect<T>();
    this.#script.send({ number, command, arguments: args });
    return answer;
  }

  /** The answer under the next number. */
  #expect<T>(): Promise<T> {
    const asked = Promise.withResolvers<unknown>();
    // What is still asked when the test is over nobody waits for.
    asked.promise.catch(() => {});
    this.#asked.set(this.#number++, asked);
    return asked.promise as Promise<T>;
  }

  #hear({ number, result, error }: Answer): void {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error));
  }

  #end(): void {
    const ended = new Error(`moq-rs has ended:\n${this.#script.log()}`);
    for (const { reject } of this.#asked.values()) reject(ended);
  }
}
