import { transportErrorFrom } from "./errors.ts";
import { MAX_CLOSE_REASON, MAX_DATAGRAMS_WAITING } from "./limits.ts";
import { Queue } from "./queue.ts";
import { QuicReceiveStream, QuicSendStream, type StreamOwner } from "./quic_streams.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "./types.ts";

/** A connection over Deno's QUIC, incoming or outgoing, of any protocol. */
export class QuicConnection implements Connection, StreamOwner {
  readonly transport = "quic";
  readonly path = undefined;
  readonly authority = undefined;
  readonly canReset = false;
  readonly protocol: string;
  readonly remoteAddress: string;
  readonly closed: Promise<CloseInfo>;
  readonly #connection: Deno.QuicConn;
  // Streams are taken from Deno as they arrive, so that their unread bytes are counted.
  readonly #uni = new Queue<ReceiveStream>(Infinity);
  readonly #bidi = new Queue<BidiStream>(Infinity);
  readonly #sending = new Set<QuicSendStream>();
  readonly #receiving = new Set<QuicReceiveStream>();
  #closing: CloseInfo | undefined;
  #datagramsWaiting = 0;

  constructor(connection: Deno.QuicConn) {
    this.#connection = connection;
    this.protocol = connection.protocol ?? "";
    this.remoteAddress = formatAddress(connection.remoteAddr);
    this.closed = connection.closed.then(this.#ended, this.#lost);
    collect(
      connection.incomingUnidirectionalStreams,
      this.#uni,
      (stream) => new QuicReceiveStream(stream, this),
    );
    collect(
      connection.incomingBidirectionalStreams,
      this.#bidi,
      (stream) => this.#wrapBidi(stream),
    );
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
      return this.#wrapBidi(await this.#connection.createBidirectionalStream(WAIT));
    } catch (error) {
      throw transportErrorFrom(error);
    }
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.#uni.take();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.#bidi.take();
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

  receiveDatagram(): Promise<Uint8Array | undefined> {
    return this.#connection.readDatagram().catch(() => undefined);
  }

  drain(): void {}

  close(code: Code, reason: string): void {
    this.#close({ code, reason, by: "local" });
  }

  /** An upper estimate of the bytes that the peer has sent and the relay has not read. */
  unread(): number {
    let bytes = 0;
    for (const stream of this.#receiving) bytes += stream.unread();
    return bytes;
  }

  /** Closes the connection because the peer exceeded a limit. */
  giveUp(code: Code, reason: string): void {
    this.#close({ code, reason, by: "local", overLimit: true });
  }

  hold(stream: QuicSendStream | QuicReceiveStream): void {
    if (stream instanceof QuicSendStream) this.#sending.add(stream);
    else this.#receiving.add(stream);
  }

  release(stream: QuicSendStream | QuicReceiveStream): void {
    if (stream instanceof QuicSendStream) this.#sending.delete(stream);
    else this.#receiving.delete(stream);
  }

  #close(info: CloseInfo): void {
    if (this.#closing !== undefined) return;
    this.#closing = info;
    const { code: closeCode, reason } = info;
    this.#connection.close({ closeCode, reason: reason.slice(0, MAX_CLOSE_REASON) });
  }

  #wrapBidi(stream: Deno.QuicBidirectionalStream): BidiStream {
    // Deno no longer has the id once the stream ends.
    const id = stream.writable.id;
    const send = new QuicSendStream(stream.writable, this);
    return { id, send, receive: new QuicReceiveStream(stream.readable, this) };
  }

  readonly #datagramTaken = () => void this.#datagramsWaiting--;

  // Deno reports a local close as code 0 without a reason; anything else is a peer's close that
  // came first.
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
    this.#sending.clear();
    this.#receiving.clear();
    return info;
  }
}

/**
 * Takes the peer's streams until the connection ends. Without an async iterator, which costs every idle
 * connection two kilobytes.
 */
function collect<From, To>(
  from: ReadableStream<From>,
  into: Queue<To>,
  wrap: (stream: From) => To,
): void {
  const reader = from.getReader();
  // Deno rejects when the connection is lost.
  const end = () => void into.close();
  const take = ({ done, value }: ReadableStreamReadResult<From>): void => {
    if (done) return end();
    try {
      into.push(wrap(value));
    } catch {
      return end();
    }
    reader.read().then(take, end);
  };
  reader.read().then(take, end);
}

/** Host and port as text; IPv4-mapped addresses of a dual-stack socket are written as IPv4. */
export function formatAddress({ hostname, port }: Deno.NetAddr): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.)/, "");
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const WAIT: Deno.QuicSendStreamOptions = { waitUntilAvailable: true };
