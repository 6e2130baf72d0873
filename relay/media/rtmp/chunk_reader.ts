import { RtmpError } from "./errors.ts";
import { FIRST_MESSAGE_BYTES, MAX_CHUNK_STREAMS, MAX_COMMAND_BYTES } from "./limits.ts";

/** A message of RTMP. */
export interface RtmpMessage {
  readonly type: number;
  readonly stream: number;
  /** In milliseconds, counted in 32 bits. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** Types of messages that chunks themselves depend on. */
const SET_CHUNK_SIZE = 1;
const ABORT = 2;

/** The value that says that a timestamp follows in four bytes. */
const EXTENDED = 0xffffff;

/** What chunks of one stream say and leave out afterwards. */
interface ChunkStream {
  type: number;
  stream: number;
  timestamp: number;
  delta: number;
  isExtended: boolean;
  length: number;
  /** The message in progress. */
  buffer: Uint8Array;
  filled: number;
  isOpen: boolean;
}

/** Puts chunks together to messages. Synchronous; every bound is one of its limits. */
export class ChunkReader {
  /** Bytes of one message; may be raised at any time. */
  maxMessageBytes = MAX_COMMAND_BYTES;
  readonly #streams = new Map<number, ChunkStream>();
  #chunkBytes = 128;
  #left: Uint8Array = NOTHING;
  // The chunk in progress.
  #current: ChunkStream | undefined;
  #currentLeft = 0;
  // Of the messages in progress.
  #bufferBytes = 0;

  /** Adds bytes of the connection, and returns the messages that are complete by them. */
  push(input: Uint8Array): RtmpMessage[] {
    const bytes = this.#left.length === 0 ? input : joined(this.#left, input);
    const messages: RtmpMessage[] = [];
    let at = 0;
    while (true) {
      if (this.#current === undefined) {
        const next = this.#begin(bytes, at);
        if (next === undefined) break;
        at = next;
      }
      const taken = Math.min(this.#currentLeft, bytes.length - at);
      const message = this.#fill(bytes.subarray(at, at + taken));
      at += taken;
      if (message !== undefined) messages.push(message);
      if (this.#current !== undefined) break;
    }
    this.#left = bytes.slice(at);
    return messages;
  }

  /** Reads the header of a chunk; undefined when it is not complete. */
  #begin(bytes: Uint8Array, from: number): number | undefined {
    if (from >= bytes.length) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = bytes[from]!;
    const basic = [2, 3][first & 63] ?? 1;
    // A short header at the end of the bytes is read when more have come.
    const headerBytes = basic + [11, 7, 3, 0][first >> 6]!;
    if (bytes.length < from + headerBytes) return undefined;
    const id = idOf(bytes, from, basic);
    const known = this.#streams.get(id);
    let at = from + basic;
    const format = first >> 6;
    if (known === undefined && format !== 0) throw new RtmpError("A chunk lacks its header");
    const time = format === 3 ? undefined : uint24(bytes, at);
    const isExtended = time === undefined ? known!.isExtended : time === EXTENDED;
    const header = at;
    at = from + headerBytes;
    if (isExtended && bytes.length < at + 4) return undefined;
    const said = isExtended ? view.getUint32(at) : time;
    if (isExtended) at += 4;
    const stream = known ?? this.#add(id);
    stream.isExtended = isExtended;
    if (format < 2) this.#describe(stream, bytes, header);
    if (format === 0) stream.stream = view.getUint32(header + 7, true);
    if (!stream.isOpen) this.#open(stream, format, said);
    this.#current = stream;
    this.#currentLeft = Math.min(this.#chunkBytes, stream.length - stream.filled);
    return at;
  }

  #describe(stream: ChunkStream, bytes: Uint8Array, header: number): void {
    const length = uint24(bytes, header + 3);
    if (stream.isOpen && length !== stream.length) {
      throw new RtmpError("A message begins within another one of its chunk stream");
    }
    if (length > this.maxMessageBytes) {
      throw new RtmpError(`A message has ${length} bytes, more than ${this.maxMessageBytes}`);
    }
    stream.length = length;
    stream.type = bytes[header + 6]!;
  }

  #open(stream: ChunkStream, format: number, said: number | undefined): void {
    if (format === 0) stream.timestamp = stream.delta = said!;
    else {
      if (format < 3) stream.delta = said!;
      stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    }
    stream.isOpen = true;
    stream.filled = 0;
    this.#hold(stream, Math.min(stream.length, FIRST_MESSAGE_BYTES));
  }

  /** Gives the message of a stream so much memory, with what it has. */
  #hold(stream: ChunkStream, length: number): void {
    const { buffer, filled } = stream;
    const max = this.maxMessageBytes + MAX_CHUNK_STREAMS * FIRST_MESSAGE_BYTES;
    const bytes = this.#bufferBytes - buffer.length + length;
    if (bytes > max) throw new RtmpError(`Messages in progress have more than ${max} bytes`);
    this.#bufferBytes = bytes;
    stream.buffer = new Uint8Array(length);
    stream.buffer.set(buffer.subarray(0, filled));
  }

  /** A message is complete, or nothing comes of it. */
  #release(stream: ChunkStream): void {
    this.#bufferBytes -= stream.buffer.length;
    stream.buffer = NOTHING;
    stream.isOpen = false;
    stream.filled = 0;
  }

  #fill(bytes: Uint8Array): RtmpMessage | undefined {
    const stream = this.#current!;
    const filled = stream.filled + bytes.length;
    if (filled > stream.buffer.length) {
      this.#hold(stream, Math.min(stream.length, Math.max(filled, stream.filled * 2)));
    }
    stream.buffer.set(bytes, stream.filled);
    stream.filled = filled;
    this.#currentLeft -= bytes.length;
    if (this.#currentLeft > 0) return undefined;
    this.#current = undefined;
    if (filled < stream.length) return undefined;
    return this.#complete(stream);
  }

  #complete(stream: ChunkStream): RtmpMessage | undefined {
    const { type, timestamp, buffer: payload } = stream;
    this.#release(stream);
    if (type === SET_CHUNK_SIZE || type === ABORT) return void this.#control(type, payload);
    return { type, stream: stream.stream, timestamp, payload };
  }

  #control(type: number, payload: Uint8Array): void {
    if (payload.length < 4) throw new RtmpError("A control message is too short");
    const value = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    if (type === SET_CHUNK_SIZE) {
      if (value === 0 || value > 0x7fffffff) throw new RtmpError(`Chunks of ${value} bytes`);
      this.#chunkBytes = value;
      return;
    }
    const aborted = this.#streams.get(value);
    if (aborted === undefined) return;
    this.#release(aborted);
  }

  #add(id: number): ChunkStream {
    if (this.#streams.size >= MAX_CHUNK_STREAMS) {
      throw new RtmpError(`More than ${MAX_CHUNK_STREAMS} chunk streams`);
    }
    const stream: ChunkStream = {
      type: 0,
      stream: 0,
      timestamp: 0,
      delta: 0,
      isExtended: false,
      length: 0,
      buffer: NOTHING,
      filled: 0,
      isOpen: false,
    };
    this.#streams.set(id, stream);
    return stream;
  }
}

const NOTHING = new Uint8Array(0);

function idOf(bytes: Uint8Array, at: number, basic: number): number {
  if (basic === 1) return bytes[at]! & 63;
  return 64 + bytes[at + 1]! + (basic === 3 ? bytes[at + 2]! * 256 : 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
