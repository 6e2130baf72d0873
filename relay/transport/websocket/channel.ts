import type { ChannelEvents, OutgoingRecord, RecordChannel } from "../qmux/channel.ts";
import type { ByteEvents, ByteStream } from "./byte_stream.ts";
import {
  type FrameEvents,
  frameHeaderSize,
  FrameParser,
  Opcode,
  unmask,
  WebSocketViolation,
  writeFrameHeader,
} from "./frames.ts";

/** A close without an error. */
const NORMAL = 1000;

/** One WebSocket: each binary message is a record (draft-lcurley-qmux-websocket). */
export class WebSocketChannel implements RecordChannel, ByteEvents, FrameEvents {
  readonly #stream: ByteStream;
  readonly #parser: FrameParser;
  // What masks are made of; a server sends without.
  readonly #randomMask: (() => Uint8Array) | undefined;
  #events: ChannelEvents | undefined;
  // The last ping's payload, until it is answered.
  #toAnswer: Uint8Array | undefined;
  #isAnswering = false;
  #isProbing = false;
  // Where the next frame begins is not known any more.
  #isBroken = false;
  #hasClosed = false;
  #isOver = false;

  /** With `randomMask` this is the client. */
  constructor(stream: ByteStream, randomMask?: () => Uint8Array) {
    this.#stream = stream;
    this.#randomMask = randomMask;
    this.#parser = new FrameParser(randomMask === undefined, this);
  }

  listen(events: ChannelEvents): void {
    this.#events = events;
    this.#stream.listen(this);
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#hasClosed) return Promise.reject(new Error("The WebSocket is closed"));
    const isMasked = this.#randomMask !== undefined;
    let size = 0;
    for (const { length } of records) size += frameHeaderSize(length, isMasked) + length;
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const record of records) at = this.#write(bytes, at, record);
    return this.#stream.write(bytes);
  }

  probe(): void {
    if (this.#isProbing || this.#hasClosed) return;
    this.#isProbing = true;
    this.#control(Opcode.ping, new Uint8Array()).finally(() => this.#isProbing = false);
  }

  end(): void {
    if (this.#hasClosed || this.#isOver) return;
    this.#hasClosed = true;
    void this.#control(Opcode.close, Uint8Array.of(NORMAL >> 8, NORMAL & 0xff));
    this.#stream.end();
  }

  destroy(): void {
    this.#isOver = true;
    this.#hasClosed = true;
    this.#stream.destroy();
  }

  onBytes(bytes: Uint8Array): void {
    // Behind our close nothing matters but the end.
    if (this.#isOver || this.#isBroken || this.#hasClosed) return;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (!(error instanceof WebSocketViolation)) throw error;
      this.#isBroken = true;
      this.#events?.onViolation(error.message);
    }
  }

  onEnd(reason: string): void {
    this.#finish(this.#hasClosed, reason);
  }

  onMessage(message: Uint8Array): void {
    if (!this.#isOver) this.#events?.onRecord(message);
  }

  onControl(opcode: number, payload: Uint8Array): void {
    if (this.#isOver) return;
    if (opcode === Opcode.close) return this.#peerClosed(payload);
    if (opcode === Opcode.ping) this.#answer(payload.slice());
    this.#events?.onSign();
  }

  #peerClosed(payload: Uint8Array): void {
    const code = payload.length >= 2 ? (payload[0]! << 8) | payload[1]! : undefined;
    this.end();
    this.#finish(true, code === undefined ? "" : `the WebSocket was closed with ${code}`);
  }

  #finish(byPeer: boolean, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hasClosed = true;
    this.#events?.onEnd({ byPeer, reason });
  }

  /** Answers the last of several pings that came while the network was busy. */
  async #answer(payload: Uint8Array): Promise<void> {
    this.#toAnswer = payload;
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    while (this.#toAnswer !== undefined && !this.#hasClosed) {
      const answer: Uint8Array = this.#toAnswer;
      this.#toAnswer = undefined;
      await this.#control(Opcode.pong, answer);
    }
    this.#isAnswering = false;
  }

  /** Never rejects: the end of the stream is told elsewhere. */
  #control(opcode: number, payload: Uint8Array): Promise<void> {
    const mask = this.#randomMask?.();
    const { length } = payload;
    const bytes = new Uint8Array(frameHeaderSize(length, mask !== undefined) + length);
    const at = writeFrameHeader(bytes, 0, { opcode, length, mask });
    bytes.set(payload, at);
    if (mask !== undefined) unmask(bytes.subarray(at), mask);
    return this.#stream.write(bytes).catch(() => {});
  }

  #write(bytes: Uint8Array, from: number, { parts, length }: OutgoingRecord): number {
    const mask = this.#randomMask?.();
    const start = writeFrameHeader(bytes, from, { opcode: Opcode.binary, length, mask });
    let at = start;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    if (mask !== undefined) unmask(bytes.subarray(start, at), mask);
    return at;
  }
}
