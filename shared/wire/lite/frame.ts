import { DecodeError, EncodeError } from "../errors.ts";
import { rfc9000 } from "../varint.ts";
import { SHORT, varintEnd } from "../varint_end.ts";

/** How the frames of a group are written. */
export interface FrameForm {
  /** For logs. */
  readonly name: string;
  /** Whether each frame says by how much its timestamp differs from that of the one before (05, 06). */
  readonly hasTimestamps: boolean;
}

/** Frames of 03 and 04. */
export const plainFrames: FrameForm = { name: "moq-lite", hasTimestamps: false };
/** Frames of 05 and 06. */
export const timedFrames: FrameForm = { name: "moq-lite timed", hasTimestamps: true };

/** The largest timestamp: a frame can step from it to 0 and back. */
export const MAX_TIMESTAMP = rfc9000.max / 2n;

/** A signed difference as an integer: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
export function zigzag(difference: bigint): bigint {
  return difference < 0n ? -difference * 2n - 1n : difference * 2n;
}

/** The difference that {@linkcode zigzag} wrote. */
export function unzigzag(value: bigint): bigint {
  return value % 2n === 0n ? value / 2n : -((value + 1n) / 2n);
}

/**
 * Reads the headers of the frames on one stream, one after the other. The fields describe the frame
 * that was decoded last.
 */
export class FrameDecoder {
  /** The frame's timestamp; 0 in a form without timestamps, and before the first frame. */
  timestamp = 0n;
  /** Bytes of payload that follow the header. */
  payloadLength = 0;
  readonly #form: FrameForm;

  constructor(form: FrameForm) {
    this.#form = form;
  }

  /**
   * Decodes the header at `at`, of which nothing at or behind `end` is there yet.
   *
   * @returns the offset of the payload, or {@linkcode SHORT}: then nothing has changed and the same
   * header can be decoded again when there are more bytes.
   * @throws {DecodeError} for a timestamp below 0 or above the limit, and for a length above 2^53-1.
   */
  decode(bytes: Uint8Array, at: number, end: number): number {
    let lengthStart = at;
    let { timestamp } = this;
    if (this.#form.hasTimestamps) {
      lengthStart = varintEnd(rfc9000, bytes, at, end);
      if (lengthStart === SHORT) return SHORT;
      timestamp += unzigzag(rfc9000.read(bytes, at));
    }
    const next = varintEnd(rfc9000, bytes, lengthStart, end);
    if (next === SHORT) return SHORT;
    const length = rfc9000.readNumber(bytes, lengthStart);
    if (length < 0) throw new DecodeError("malformed", "A payload is longer than 2^53-1 bytes");
    if (timestamp < 0n || timestamp > MAX_TIMESTAMP) {
      throw new DecodeError("malformed", `A timestamp of ${timestamp}`);
    }
    this.timestamp = timestamp;
    this.payloadLength = length;
    return next;
  }
}

/**
 * Writes the headers of the frames on one stream, one after the other. The size is asked before the
 * header is written.
 */
export class FrameWriter {
  readonly #form: FrameForm;
  #timestamp = 0n;

  constructor(form: FrameForm) {
    this.#form = form;
  }

  /** The last frame's timestamp; 0 before the first. */
  get timestamp(): bigint {
    return this.#timestamp;
  }

  /** Bytes of the next header. */
  sizeOf(timestamp: bigint, payloadLength: number): number {
    const size = rfc9000.sizeOfNumber(payloadLength);
    return this.#form.hasTimestamps ? rfc9000.sizeOf(this.#delta(timestamp)) + size : size;
  }

  /** Writes the next header at `at`; returns the offset behind it. */
  write(into: Uint8Array, at: number, timestamp: bigint, payloadLength: number): number {
    if (!this.#form.hasTimestamps) return rfc9000.writeNumber(into, at, payloadLength);
    const next = rfc9000.write(into, at, this.#delta(timestamp));
    this.#timestamp = timestamp;
    return rfc9000.writeNumber(into, next, payloadLength);
  }

  #delta(timestamp: bigint): bigint {
    if (timestamp < 0n || timestamp > MAX_TIMESTAMP) {
      throw new EncodeError(`Cannot encode a timestamp of ${timestamp}`);
    }
    return zigzag(timestamp - this.#timestamp);
  }
}
