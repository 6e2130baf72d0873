import { STAMP_BYTES } from "./traffic.ts";

/** Takes timestamps out of payloads, which begin with them and come in pieces. */
export class StampReader {
  readonly #arrived: (stamp: number) => void;
  readonly #stampBytes = new Uint8Array(STAMP_BYTES);
  readonly #stamp = new Float64Array(this.#stampBytes.buffer);
  #payloadLeft = 0;
  #stampLeft = 0;

  /** `arrived` is called with the timestamp of each object that is there to its last byte. */
  constructor(arrived: (stamp: number) => void) {
    this.#arrived = arrived;
  }

  /** Bytes of the payload that are still to come. */
  get left(): number {
    return this.#payloadLeft;
  }

  /** A payload of this many bytes follows. */
  begin(payloadLength: number): void {
    this.#payloadLeft = payloadLength;
    this.#stampLeft = STAMP_BYTES;
  }

  /** Takes the payload between these offsets; returns the offset behind what it took. */
  take(bytes: Uint8Array, from: number, end: number): number {
    const length = Math.min(end - from, this.#payloadLeft);
    for (let at = from; this.#stampLeft > 0 && at < from + length; at++) {
      this.#stampBytes[STAMP_BYTES - this.#stampLeft--] = bytes[at]!;
    }
    this.#payloadLeft -= length;
    if (this.#payloadLeft === 0) this.#arrived(this.#stamp[0]!);
    return from + length;
  }
}
