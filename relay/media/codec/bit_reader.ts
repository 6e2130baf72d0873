import { MediaError } from "../errors.ts";

/** Reads bits of a parameter set, the highest of a byte first. Throws {@linkcode MediaError} at its end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new MediaError("A parameter set is cut off");
      value = value * 2 + (byte >> (7 - (this.#at & 7)) & 1);
      this.#at++;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** An Exp-Golomb code (H.264, 9.1). */
  golomb(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 31) throw new MediaError("A number of a parameter set is too large");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  signedGolomb(): number {
    const code = this.golomb();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** The bytes of a NAL unit without those that keep start codes from appearing in it. */
export function unescaped(unit: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < unit.length; at++) {
    if (at >= 2 && unit[at] === 3 && unit[at - 1] === 0 && unit[at - 2] === 0) continue;
    bytes.push(unit[at]!);
  }
  return Uint8Array.from(bytes);
}
