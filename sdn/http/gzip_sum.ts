import { crc32 } from "node:zlib";

/** The check sum of bytes, and what it takes to follow others: computed once, however often they do. */
export interface GzipSum {
  readonly crc: number;
  readonly length: number;
  /** x to the power of the number of bits, modulo the polynomial. */
  readonly shift: number;
}

/** What RFC 1952 has at the end of a file: the check sum and the length of all that was written. */
export class GzipEnd {
  #crc = 0;
  #length = 0;

  /** These bytes follow. */
  add({ crc, length, shift }: GzipSum): void {
    this.#crc = (product(shift, this.#crc) ^ crc) >>> 0;
    this.#length = (this.#length + length) >>> 0;
  }

  /** An empty last block of deflate, the check sum, and the length. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(LAST_BLOCK.length + 8);
    bytes.set(LAST_BLOCK);
    const view = new DataView(bytes.buffer, LAST_BLOCK.length);
    view.setUint32(0, this.#crc, true);
    view.setUint32(4, this.#length, true);
    return bytes;
  }
}

export function sumOf(bytes: Uint8Array): GzipSum {
  return { crc: crc32(bytes), length: bytes.length, shift: shiftOf(bytes.length) };
}

const LAST_BLOCK = Uint8Array.of(1, 0, 0, 0xff, 0xff);

// The polynomial of CRC-32, and polynomials in general, with the lowest power in the highest bit.
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** The product of two polynomials. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= b;
    b = (b & 1) !== 0 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return sum >>> 0;
}

/** x to the powers 8, 16, 32, and so on. */
const SQUARES: number[] = [0x00800000];
for (let at = 1; at < 32; at++) SQUARES.push(product(SQUARES[at - 1]!, SQUARES[at - 1]!));

function shiftOf(bytes: number): number {
  let power = ONE;
  for (let at = 0; bytes > 0; at++, bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) power = product(SQUARES[at]!, power);
  }
  return power;
}
