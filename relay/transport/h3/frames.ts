/** Frames of HTTP/3 (RFC 9114, section 7). */
import type { StreamReader } from "./stream_reader.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import type { FrameGuard } from "./frame_guard.ts";
import { concat, decodeVarint, encodeVarint } from "./varint.ts";

/** Known frame types; others are skipped. */
export const FrameType = {
  data: 0x00n,
  headers: 0x01n,
  cancelPush: 0x03n,
  settings: 0x04n,
  pushPromise: 0x05n,
  goaway: 0x07n,
  maxPushId: 0x0dn,
  /** Not a frame: the signal value at the start of a bidirectional WebTransport stream. */
  webTransport: 0x41n,
} as const;

/** Frame types of HTTP/2 that are errors in HTTP/3. */
const RESERVED: ReadonlySet<bigint> = new Set([0x02n, 0x06n, 0x08n, 0x09n]);

/** Encodes a frame. */
export function encodeFrame(type: bigint, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(encodeVarint(type), encodeVarint(BigInt(payload.length)), payload);
}

/** Parses a stream into frames. Rejects with an {@linkcode Http3Error} for malformed ones. */
export class FrameReader {
  readonly #reader: StreamReader;
  readonly #guard: FrameGuard;
  #pendingType: bigint | undefined;
  #left = 0n;

  /** `type` is the type of the first frame, if the caller has read it. */
  constructor(reader: StreamReader, guard: FrameGuard, type?: bigint) {
    this.#reader = reader;
    this.#guard = guard;
    this.#pendingType = type;
  }

  /** Advances to the next frame and returns its type; undefined at the end of the stream. */
  async next(): Promise<bigint | undefined> {
    while (await this.chunk() !== undefined);
    let type = this.#pendingType;
    this.#pendingType = undefined;
    if (type === undefined) {
      if (await this.#reader.atEnd()) return undefined;
      type = await this.#reader.varint();
    }
    this.#guard.count();
    this.#left = await this.#reader.varint();
    if (RESERVED.has(type) || type === FrameType.webTransport) throw unexpected(type);
    return type;
  }

  /** Unread bytes of the current frame. */
  get left(): bigint {
    return this.#left;
  }

  /** The whole payload of the current frame. Throws when it exceeds `limit` bytes. */
  async payload(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#left > limit) {
      throw new Http3Error(Http3Code.excessiveLoad, `A frame has ${this.#left} bytes`);
    }
    const length = Number(this.#left);
    this.#left = 0n;
    return await this.#reader.take(length);
  }

  /**
   * The next chunk of the payload; undefined at the end of the frame. Valid until the next call.
   */
  async chunk(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#left === 0n) return undefined;
    const limit = this.#left > Number.MAX_SAFE_INTEGER
      ? Number.MAX_SAFE_INTEGER
      : Number(this.#left);
    const part = await this.#reader.some(limit);
    if (part === undefined) throw new Http3Error(Http3Code.frameError, "A frame ends too early");
    this.#left -= BigInt(part.length);
    return part;
  }
}

/** The error for a frame in a wrong place. */
export function unexpected(type: bigint): Http3Error {
  return new Http3Error(
    Http3Code.frameUnexpected,
    `Frame 0x${type.toString(16)} is not allowed here`,
  );
}

/** The single integer of a frame's payload. */
export function integerPayload(payload: Uint8Array): bigint {
  const decoded = decodeVarint(payload);
  if (decoded === undefined || decoded.end !== payload.length) {
    throw new Http3Error(Http3Code.frameError, "A frame of one integer has another length");
  }
  return decoded.value;
}
