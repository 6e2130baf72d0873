import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "../transport/types.ts";

/**
 * A connection that reports every arrival of data, so that a busy link whose pings are queued
 * behind media does not count as dead.
 */
export class MonitoredConnection implements Connection {
  readonly #inner: Connection;
  readonly #onData: () => void;

  constructor(inner: Connection, onData: () => void) {
    this.#inner = inner;
    this.#onData = onData;
  }

  get transport(): Connection["transport"] {
    return this.#inner.transport;
  }

  get protocol(): string | undefined {
    return this.#inner.protocol;
  }

  get path(): string | undefined {
    return this.#inner.path;
  }

  get authority(): string | undefined {
    return this.#inner.authority;
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress;
  }

  get canReset(): boolean {
    return this.#inner.canReset;
  }

  get maxDatagramSize(): number {
    return this.#inner.maxDatagramSize;
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  openUni(): Promise<SendStream> {
    return this.#inner.openUni();
  }

  async openBidi(): Promise<BidiStream> {
    return this.#listen(await this.#inner.openBidi());
  }

  async acceptUni(): Promise<ReceiveStream | undefined> {
    const stream = await this.#inner.acceptUni();
    return stream && new MonitoredStream(stream, this.#onData);
  }

  async acceptBidi(): Promise<BidiStream | undefined> {
    const stream = await this.#inner.acceptBidi();
    return stream && this.#listen(stream);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    return this.#inner.sendDatagram(bytes);
  }

  async receiveDatagram(): Promise<Uint8Array | undefined> {
    const datagram = await this.#inner.receiveDatagram();
    if (datagram !== undefined) this.#onData();
    return datagram;
  }

  drain(): void {
    this.#inner.drain();
  }

  close(code: Code, reason: string): void {
    this.#inner.close(code, reason);
  }

  #listen({ id, send, receive }: BidiStream): BidiStream {
    return { id, send, receive: new MonitoredStream(receive, this.#onData) };
  }
}

class MonitoredStream implements ReceiveStream {
  readonly #inner: ReceiveStream;
  readonly #onData: () => void;

  constructor(inner: ReceiveStream, onData: () => void) {
    this.#inner = inner;
    this.#onData = onData;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#inner.read(into);
    this.#onData();
    return bytes;
  }

  stop(code: Code): void {
    this.#inner.stop(code);
  }
}
