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
export class HeardConnection implements Connection {
  readonly #inner: Connection;
  readonly #heard: () => void;

  constructor(inner: Connection, heard: () => void) {
    this.#inner = inner;
    this.#heard = heard;
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
    return stream && new HeardStream(stream, this.#heard);
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
    if (datagram !== undefined) this.#heard();
    return datagram;
  }

  drain(): void {
    this.#inner.drain();
  }

  close(code: Code, reason: string): void {
    this.#inner.close(code, reason);
  }

  #listen({ id, send, receive }: BidiStream): BidiStream {
    return { id, send, receive: new HeardStream(receive, this.#heard) };
  }
}

class HeardStream implements ReceiveStream {
  readonly #inner: ReceiveStream;
  readonly #heard: () => void;

  constructor(inner: ReceiveStream, heard: () => void) {
    this.#inner = inner;
    this.#heard = heard;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#inner.read(into);
    this.#heard();
    return bytes;
  }

  stop(code: Code): void {
    this.#inner.stop(code);
  }
}
