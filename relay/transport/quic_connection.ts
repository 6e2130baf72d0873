import { transportErrorFrom } from "./errors.ts";
import { MAX_CLOSE_REASON, MAX_DATAGRAMS_WAITING } from "./limits.ts";
import { QuicReceiveStream, QuicSendStream, type StreamOwner } from "./quic_streams.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "./types.ts";

/** A connection over Deno's QUIC, whichever side began it and whatever protocol was agreed on. */
export class QuicConnection implements Connection, StreamOwner {
  readonly transport = "quic";
  readonly path = undefined;
  readonly authority = undefined;
  readonly canReset = false;
  readonly protocol: string;
  readonly remoteAddress: string;
  readonly closed: Promise<CloseInfo>;
  readonly #connection: Deno.QuicConn;
  readonly #incomingUni: ReadableStreamDefaultReader<Deno.QuicReceiveStream>;
  readonly #incomingBidi: ReadableStreamDefaultReader<Deno.QuicBidirectionalStream>;
  readonly #open = new Set<unknown>();
  #closing: CloseInfo | undefined;
  #datagramsWaiting = 0;

  constructor(connection: Deno.QuicConn) {
    this.#connection = connection;
    this.protocol = connection.protocol ?? "";
    this.remoteAddress = formatAddress(connection.remoteAddr);
    this.#incomingUni = connection.incomingUnidirectionalStreams.getReader();
    this.#incomingBidi = connection.incomingBidirectionalStreams.getReader();
    this.closed = connection.closed.then(this.#ended, this.#lost);
  }

  async openUni(): Promise<SendStream> {
    try {
      const stream = await this.#connection.createUnidirectionalStream(WAIT);
      return new QuicSendStream(stream, this);
    } catch (error) {
      throw transportErrorFrom(error);
    }
  }

  async openBidi(): Promise<BidiStream> {
    try {
      return this.#bidi(await this.#connection.createBidirectionalStream(WAIT));
    } catch (error) {
      throw transportErrorFrom(error);
    }
  }

  async acceptUni(): Promise<ReceiveStream | undefined> {
    try {
      const { value } = await this.#incomingUni.read();
      return value && new QuicReceiveStream(value, this);
    } catch {
      return undefined;
    }
  }

  async acceptBidi(): Promise<BidiStream | undefined> {
    try {
      const { value } = await this.#incomingBidi.read();
      return value && this.#bidi(value);
    } catch {
      return undefined;
    }
  }

  get maxDatagramSize(): number {
    return this.#connection.maxDatagramSize;
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#closing !== undefined || bytes.length > this.maxDatagramSize) return false;
    if (this.#datagramsWaiting >= MAX_DATAGRAMS_WAITING) return false;
    this.#datagramsWaiting++;
    this.#connection.sendDatagram(bytes).then(this.#datagramTaken, this.#datagramTaken);
    return true;
  }

  async receiveDatagram(): Promise<Uint8Array | undefined> {
    try {
      return await this.#connection.readDatagram();
    } catch {
      return undefined;
    }
  }

  drain(): void {}

  close(code: Code, reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = { code, reason, by: "local" };
    this.#connection.close({ closeCode: code, reason: reason.slice(0, MAX_CLOSE_REASON) });
  }

  hold(stream: unknown): void {
    this.#open.add(stream);
  }

  release(stream: unknown): void {
    this.#open.delete(stream);
  }

  #bidi(stream: Deno.QuicBidirectionalStream): BidiStream {
    // Deno forgets the number when the stream ends.
    const id = stream.writable.id;
    const send = new QuicSendStream(stream.writable, this);
    return { id, send, receive: new QuicReceiveStream(stream.readable, this) };
  }

  readonly #datagramTaken = () => void this.#datagramsWaiting--;

  // Deno reports our own close as code 0 with no reason, and so a peer's close that came first shows.
  readonly #ended = ({ closeCode, reason }: Deno.QuicCloseInfo): CloseInfo => {
    const own = this.#closing !== undefined && closeCode === 0 && reason === "";
    return this.#end(own ? this.#closing! : { code: closeCode, reason, by: "peer" });
  };

  readonly #lost = (error: unknown): CloseInfo => {
    const { message } = transportErrorFrom(error);
    return this.#end(this.#closing ?? { code: 0, reason: message, by: "lost" });
  };

  #end(info: CloseInfo): CloseInfo {
    this.#closing = info;
    this.#open.clear();
    return info;
  }
}

/** Host and port for people, IPv4 written as IPv4 even on a socket for both families. */
function formatAddress({ hostname, port }: Deno.NetAddr): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.)/, "");
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const WAIT: Deno.QuicSendStreamOptions = { waitUntilAvailable: true };
