/** The frames of QMux: QUIC's without those of packets, and two of its own (qmux, #quic-frames). */
import { ByteCursor } from "./byte_cursor.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import { sizeOf, write } from "./integers.ts";
import { MAX_PARAMETERS_SIZE } from "./limits.ts";
import { decodeParameters, encodeParameters, type TransportParameters } from "./parameters.ts";

/** A frame that says something about the connection or a stream. */
export type ControlFrame =
  | { readonly kind: "reset"; readonly id: number; readonly code: number; readonly size: number }
  | { readonly kind: "stop"; readonly id: number; readonly code: number }
  | { readonly kind: "max_data"; readonly limit: number }
  | { readonly kind: "max_stream_data"; readonly id: number; readonly limit: number }
  | { readonly kind: "max_streams_bidi"; readonly limit: number }
  | { readonly kind: "max_streams_uni"; readonly limit: number }
  | { readonly kind: "data_blocked"; readonly limit: number }
  | { readonly kind: "stream_data_blocked"; readonly id: number; readonly limit: number }
  | { readonly kind: "streams_blocked_bidi"; readonly limit: number }
  | { readonly kind: "streams_blocked_uni"; readonly limit: number }
  /** The transport's close, with the type of the frame that was wrong. */
  | {
    readonly kind: "close";
    readonly code: number;
    readonly frame: number;
    readonly reason: string;
  }
  /** The application's close. */
  | { readonly kind: "application_close"; readonly code: number; readonly reason: string }
  | { readonly kind: "parameters"; readonly parameters: TransportParameters }
  | { readonly kind: "ping"; readonly sequence: number }
  | { readonly kind: "pong"; readonly sequence: number };

/** Any frame. */
export type Frame =
  | ControlFrame
  /** Without an offset it continues the stream, which is what the first releases mean. */
  | {
    readonly kind: "stream";
    readonly id: number;
    readonly offset: number | undefined;
    readonly data: Uint8Array;
    readonly fin: boolean;
  }
  | { readonly kind: "datagram"; readonly data: Uint8Array; readonly size: number }
  /** One or more bytes of padding. */
  | { readonly kind: "padding" };

const Type = {
  padding: 0x00n,
  reset: 0x04n,
  stop: 0x05n,
  stream: 0x08n,
  lastStream: 0x0fn,
  maxData: 0x10n,
  maxStreamData: 0x11n,
  maxStreamsBidi: 0x12n,
  maxStreamsUni: 0x13n,
  dataBlocked: 0x14n,
  streamDataBlocked: 0x15n,
  streamsBlockedBidi: 0x16n,
  streamsBlockedUni: 0x17n,
  close: 0x1cn,
  applicationClose: 0x1dn,
  datagram: 0x30n,
  sizedDatagram: 0x31n,
  parameters: 0x3f5153300d0a0d0an,
  ping: 0x348c67529ef8c7bdn,
  pong: 0x348c67529ef8c7ben,
} as const;

const OFFSET = 0x04;
const LENGTH = 0x02;
const FIN = 0x01;

/** Reads the frames of one record. Throws a {@linkcode QmuxError}. */
export class FrameReader {
  readonly #cursor: ByteCursor;

  constructor(record: Uint8Array) {
    this.#cursor = new ByteCursor(record, QmuxCode.frameEncodingError);
  }

  /** The next frame; undefined at the end of the record. */
  next(): Frame | undefined {
    const cursor = this.#cursor;
    if (cursor.remaining === 0) return undefined;
    // The usual one, without a large integer.
    const first = cursor.peek!;
    if (first >= 0x08 && first <= 0x0f) {
      cursor.skip();
      return this.#stream(first);
    }
    const type = cursor.big();
    if (type === Type.padding) return this.#padding();
    if (type >= Type.stream && type <= Type.lastStream) return this.#stream(Number(type));
    return this.#other(type);
  }

  #padding(): Frame {
    while (this.#cursor.peek === 0) this.#cursor.skip();
    return { kind: "padding" };
  }

  #stream(type: number): Frame {
    const cursor = this.#cursor;
    const id = cursor.exact("a stream id");
    const offset = (type & OFFSET) !== 0 ? cursor.exact("an offset") : undefined;
    const data = (type & LENGTH) !== 0 ? cursor.bytes(cursor.exact("a length")) : cursor.rest();
    return { kind: "stream", id, offset, data, fin: (type & FIN) !== 0 };
  }

  #other(type: bigint): Frame {
    const cursor = this.#cursor;
    switch (type) {
      case Type.reset: {
        const id = cursor.exact("a stream id");
        return { kind: "reset", id, code: cursor.capped(), size: cursor.exact("a final size") };
      }
      case Type.stop:
        return { kind: "stop", id: cursor.exact("a stream id"), code: cursor.capped() };
      case Type.datagram: {
        const data = cursor.rest();
        return { kind: "datagram", data, size: data.length + 1 };
      }
      case Type.sizedDatagram: {
        const data = cursor.bytes(cursor.exact("a length"));
        return { kind: "datagram", data, size: data.length + 1 + sizeOf(data.length) };
      }
      case Type.parameters:
        return { kind: "parameters", parameters: decodeParameters(this.#sized()) };
      case Type.ping:
        return { kind: "ping", sequence: cursor.exact("a sequence number") };
      case Type.pong:
        return { kind: "pong", sequence: cursor.exact("a sequence number") };
      default:
        return this.#flow(type) ?? this.#close(type);
    }
  }

  #sized(): Uint8Array {
    const length = this.#cursor.exact("a length");
    if (length <= MAX_PARAMETERS_SIZE) return this.#cursor.bytes(length);
    throw new QmuxError(QmuxCode.transportParameterError, `${length} bytes of parameters`);
  }

  #flow(type: bigint): Frame | undefined {
    const cursor = this.#cursor;
    switch (type) {
      case Type.maxData:
        return { kind: "max_data", limit: cursor.capped() };
      case Type.maxStreamData: {
        const id = cursor.exact("a stream id");
        return { kind: "max_stream_data", id, limit: cursor.capped() };
      }
      case Type.maxStreamsBidi:
        return { kind: "max_streams_bidi", limit: this.#streams() };
      case Type.maxStreamsUni:
        return { kind: "max_streams_uni", limit: this.#streams() };
      case Type.dataBlocked:
        return { kind: "data_blocked", limit: cursor.capped() };
      case Type.streamDataBlocked: {
        const id = cursor.exact("a stream id");
        return { kind: "stream_data_blocked", id, limit: cursor.capped() };
      }
      case Type.streamsBlockedBidi:
        return { kind: "streams_blocked_bidi", limit: this.#streams() };
      case Type.streamsBlockedUni:
        return { kind: "streams_blocked_uni", limit: this.#streams() };
      default:
        return undefined;
    }
  }

  #streams(): number {
    const limit = this.#cursor.big();
    if (limit > MOST_STREAMS) {
      throw new QmuxError(QmuxCode.frameEncodingError, `${limit} streams are too many`);
    }
    return Number(limit);
  }

  #close(type: bigint): Frame {
    const cursor = this.#cursor;
    if (type === Type.applicationClose) {
      return { kind: "application_close", code: cursor.capped(), reason: this.#text() };
    }
    if (type === Type.close) {
      const code = cursor.capped();
      return { kind: "close", code, frame: cursor.capped(), reason: this.#text() };
    }
    const name = `0x${type.toString(16)}`;
    throw new QmuxError(QmuxCode.frameEncodingError, `frame type ${name} is not allowed`);
  }

  #text(): string {
    return new TextDecoder().decode(this.#cursor.bytes(this.#cursor.exact("a length")));
  }
}

/** A stream limit above it could not be counted (RFC 9000, section 4.6). */
const MOST_STREAMS = 2n ** 60n;

/** The frame's bytes. */
export function encodeFrame(frame: ControlFrame): Uint8Array<ArrayBuffer> {
  switch (frame.kind) {
    case "reset":
      return fields(Type.reset, frame.id, frame.code, frame.size);
    case "stop":
      return fields(Type.stop, frame.id, frame.code);
    case "max_data":
      return fields(Type.maxData, frame.limit);
    case "max_stream_data":
      return fields(Type.maxStreamData, frame.id, frame.limit);
    case "max_streams_bidi":
      return fields(Type.maxStreamsBidi, frame.limit);
    case "max_streams_uni":
      return fields(Type.maxStreamsUni, frame.limit);
    case "data_blocked":
      return fields(Type.dataBlocked, frame.limit);
    case "stream_data_blocked":
      return fields(Type.streamDataBlocked, frame.id, frame.limit);
    case "streams_blocked_bidi":
      return fields(Type.streamsBlockedBidi, frame.limit);
    case "streams_blocked_uni":
      return fields(Type.streamsBlockedUni, frame.limit);
    case "close":
      return withBytes(textBytes(frame.reason), Type.close, frame.code, frame.frame);
    case "application_close":
      return withBytes(textBytes(frame.reason), Type.applicationClose, frame.code);
    case "parameters":
      return withBytes(encodeParameters(frame.parameters), Type.parameters);
    case "ping":
      return fields(Type.ping, frame.sequence);
    case "pong":
      return fields(Type.pong, frame.sequence);
  }
}

/** The header of a STREAM frame, which its payload follows. */
export function streamHeader(
  id: number,
  offset: number,
  { length, fin }: { readonly length: number; readonly fin: boolean },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + sizeOf(id) + sizeOf(offset) + sizeOf(length));
  bytes[0] = Number(Type.stream) | OFFSET | LENGTH | (fin ? FIN : 0);
  write(bytes, write(bytes, write(bytes, 1, id), offset), length);
  return bytes;
}

/** The header of a DATAGRAM frame, which its payload follows. */
export function datagramHeader(length: number): Uint8Array<ArrayBuffer> {
  return fields(Type.sizedDatagram, length);
}

function fields(type: bigint, ...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return withBytes(undefined, type, ...values);
}

/** A frame of integers, and of bytes with their length if there are any. */
function withBytes(
  tail: Uint8Array | undefined,
  type: bigint,
  ...values: readonly number[]
): Uint8Array<ArrayBuffer> {
  const integers = tail === undefined ? values : [...values, tail.length];
  const typeBytes = type < 0x40n ? 1 : 8;
  const size = integers.reduce((sum, value) => sum + sizeOf(value), typeBytes);
  const bytes = new Uint8Array(size + (tail?.length ?? 0));
  if (typeBytes === 1) bytes[0] = Number(type);
  else new DataView(bytes.buffer).setBigUint64(0, type | EIGHT_BYTES);
  let at = typeBytes;
  for (const value of integers) at = write(bytes, at, value);
  if (tail !== undefined) bytes.set(tail, at);
  return bytes;
}

/** The first bits of an integer of eight bytes. */
const EIGHT_BYTES = 0xc000000000000000n;

function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
