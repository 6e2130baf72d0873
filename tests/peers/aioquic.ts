import {
  type BidiStream,
  type CloseInfo,
  type Code,
  type Connection,
  type ReceiveStream,
  TransportError,
} from "../../relay/transport/mod.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { Queue } from "../support/peers/queue.ts";
import { IncomingHalf, OutgoingHalf } from "./aioquic_streams.ts";
import { PythonScript } from "./python.ts";

/** What `:protocol` says: in drafts up to 12 of WebTransport, and in those since. */
export type WebTransportName = "webtransport" | "webtransport-h3";

/** What is different from the usual. */
export interface AioquicOptions {
  /** What it offers by ALPN; `moqt-18` when nothing is said. */
  readonly protocol?: string;
  /** WebTransport by this name of its protocol, with the settings that go with it; raw QUIC without. */
  readonly webTransport?: WebTransportName;
  /** After how many milliseconds of silence it gives the connection up. */
  readonly idleTimeout?: number;
}

/** What the script says. */
type Event =
  | {
    readonly event: "connected";
    readonly protocol: string;
    readonly settings?: Readonly<Record<string, number>>;
  }
  | { readonly event: "opened"; readonly stream: number }
  | {
    readonly event: "data";
    readonly stream: number;
    readonly bytes: string;
    readonly fin: boolean;
  }
  | { readonly event: "reset" | "stopped"; readonly stream: number; readonly code: Code }
  | { readonly event: "datagram"; readonly bytes: string }
  | ({ readonly event: "closed" } & CloseInfo);

/** Connects `aioquic` to a server on the loopback address. */
export async function connectAioquic(
  server: Pick<QuicServerAddress, "port">,
  options: AioquicOptions = {},
): Promise<AioquicConnection> {
  const connection = new AioquicConnection(server.port, options);
  try {
    await connection.connected;
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * A connection of Python's `aioquic` in a process of its own, which sends what Deno cannot: real
 * RESET_STREAM and STOP_SENDING, and silence. It takes in whatever arrives, read or not.
 */
export class AioquicConnection implements Connection, AsyncDisposable {
  readonly transport: "quic" | "webtransport";
  readonly path = undefined;
  readonly authority = undefined;
  readonly canReset = true;
  readonly parkedStreams = 0;
  readonly maxDatagramSize = 1200;
  readonly remoteAddress: string;
  readonly connected: Promise<void>;
  readonly closed: Promise<CloseInfo>;
  protocol = "";
  /** The server's settings of HTTP/3, by their numbers in hexadecimal. */
  settings: Readonly<Record<string, number>> = {};
  readonly #script: PythonScript;
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly #opening: PromiseWithResolvers<number>[] = [];
  readonly #incoming = new Map<number, IncomingHalf>();
  readonly #outgoing = new Map<number, OutgoingHalf>();
  readonly #uni = new Queue<ReceiveStream>();
  readonly #bidi = new Queue<BidiStream>();
  readonly #datagrams = new Queue<Uint8Array>();

  constructor(port: number, options: AioquicOptions) {
    const { protocol = "moqt-18", idleTimeout = 30_000, webTransport } = options;
    this.transport = webTransport === undefined ? "quic" : "webtransport";
    this.remoteAddress = `127.0.0.1:${port}`;
    this.connected = this.#connected.promise;
    this.closed = this.#closed.promise;
    this.connected.catch(() => {});
    this.#script = new PythonScript(
      new URL("aioquic_peer.py", import.meta.url),
      [String(port), protocol, String(idleTimeout), webTransport ?? ""],
      (message) => this.#hear(message as Event),
    );
    this.#script.ended.then(() => this.#end({ code: 0, reason: this.#script.log(), by: "lost" }));
  }

  async openUni(): Promise<OutgoingHalf> {
    return this.#send(await this.#open(true));
  }

  async openBidi(): Promise<BidiStream & { readonly send: OutgoingHalf }> {
    return this.#both(await this.#open(false));
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.#uni.next();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.#bidi.next();
  }

  sendDatagram(bytes: Uint8Array): boolean {
    this.#script.send({ do: "datagram", bytes: bytes.toBase64() });
    return true;
  }

  receiveDatagram(): Promise<Uint8Array | undefined> {
    return this.#datagrams.next();
  }

  drain(): void {}

  close(code: Code, reason: string): void {
    this.#script.send({ do: "close", code, reason });
  }

  /** Is gone without a word, as a machine that lost its power. */
  vanish(): void {
    this.#script.kill("SIGKILL");
  }

  /** Takes in nothing and answers nothing until {@linkcode AioquicConnection.resume}. */
  pause(): void {
    this.#script.kill("SIGSTOP");
  }

  /** Goes on where {@linkcode AioquicConnection.pause} left it. */
  resume(): void {
    this.#script.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script[Symbol.asyncDispose]();
  }

  #open(uni: boolean): Promise<number> {
    const opening = Promise.withResolvers<number>();
    this.#opening.push(opening);
    this.#script.send({ do: "open", uni });
    return opening.promise;
  }

  #both(id: number): BidiStream & { readonly send: OutgoingHalf } {
    return { id: BigInt(id), send: this.#send(id), receive: this.#receive(id) };
  }

  #send(id: number): OutgoingHalf {
    const half = new OutgoingHalf(id, (command) => this.#script.send(command));
    this.#outgoing.set(id, half);
    return half;
  }

  #receive(id: number): IncomingHalf {
    const half = new IncomingHalf(id, (command) => this.#script.send(command));
    this.#incoming.set(id, half);
    return half;
  }

  #hear(event: Event): void {
    switch (event.event) {
      case "connected":
        this.protocol = event.protocol;
        this.settings = event.settings ?? {};
        return this.#connected.resolve();
      case "opened":
        return this.#opening.shift()?.resolve(event.stream);
      case "data":
        return this.#arriving(event.stream).push(Uint8Array.fromBase64(event.bytes), event.fin);
      case "reset":
        return this.#arriving(event.stream).fail(reset(event.code));
      case "stopped":
        return this.#outgoing.get(event.stream)?.stop(event.code);
      case "datagram":
        return void this.#datagrams.push(Uint8Array.fromBase64(event.bytes));
      case "closed":
        return this.#end(event);
    }
  }

  /** The half that this stream's bytes go to; the peer's streams begin with their first event. */
  #arriving(id: number): IncomingHalf {
    const known = this.#incoming.get(id);
    if (known !== undefined) return known;
    if ((id & UNIDIRECTIONAL) === 0) this.#bidi.push(this.#both(id));
    else this.#uni.push(this.#receive(id));
    return this.#incoming.get(id)!;
  }

  #end({ code, reason, by }: CloseInfo): void {
    const closed = new TransportError("closed", code, `The connection ended: ${reason}`);
    this.#closed.resolve({ code, reason, by });
    this.#connected.reject(new TransportError("handshake", code, reason));
    for (const { promise, reject } of this.#opening.splice(0)) {
      promise.catch(() => {});
      reject(closed);
    }
    for (const half of [...this.#incoming.values(), ...this.#outgoing.values()]) half.fail(closed);
    for (const queue of [this.#uni, this.#bidi, this.#datagrams]) queue.end();
  }
}

function reset(code: Code): TransportError {
  return new TransportError("reset", code, `The peer reset the stream with ${code}`);
}

/** The bit of a stream's number that says so. */
const UNIDIRECTIONAL = 2;
