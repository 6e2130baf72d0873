/**
 * H.264 with no compression but what does not change: each block of 16 by 16 pixels is either there as
 * it is (I_PCM), or the one of the picture before (P_Skip). So much is written in a page of code, and
 * every player takes it.
 */

/** Bytes of a block: brightness of 16 by 16 pixels, then two colours of 8 by 8. */
export const BLOCK_BYTES = 384;

/** What stands before each part. */
const START = [0, 0, 0, 1];

const [SLICE, KEY_SLICE, SEI, SEQUENCE, PICTURE] = [0x41, 0x65, 0x06, 0x67, 0x68] as const;

/** The number of a picture is written in so many bits. */
const NUMBER_BITS = 8;

/** Size of a film in blocks. */
export interface Size {
  readonly across: number;
  readonly down: number;
}

/** What a player is told before a whole picture. */
export function parameterSets({ across, down }: Size): Uint8Array {
  const sequence = new BitWriter();
  // Constrained baseline, level 3.0.
  for (const byte of [66, 0xc0, 30]) sequence.bits(byte, 8);
  // Its id, the bits of a number, the order of display is that of decoding, one picture is referred to.
  for (const value of [0, NUMBER_BITS - 4, 2, 1]) sequence.unsigned(value);
  sequence.bits(0, 1);
  for (const value of [across - 1, down - 1]) sequence.unsigned(value);
  // Whole frames, no cropping, nothing on usability.
  for (const bit of [1, 1, 0, 0]) sequence.bits(bit, 1);
  const picture = new BitWriter();
  for (const value of [0, 0]) picture.unsigned(value);
  picture.bits(0, 2);
  for (const value of [0, 0, 0]) picture.unsigned(value);
  picture.bits(0, 3);
  for (const value of [0, 0, 0]) picture.unsigned(value);
  // The filter that blurs edges is said in each slice.
  for (const bit of [1, 0, 0]) picture.bits(bit, 1);
  return Uint8Array.of(...unit(SEQUENCE, sequence.end()), ...unit(PICTURE, picture.end()));
}

/** A text that players skip. */
export function remark(text: string): Uint8Array {
  const bytes = [...new TextEncoder().encode(text)];
  // Of no registered kind, so long, under a name of 16 bytes.
  const name = new Array<number>(16).fill(0x71);
  return unit(SEI, Uint8Array.of(5, name.length + bytes.length, ...name, ...bytes, 0x80));
}

/** The picture of this number; blocks that are undefined are as they were. */
export function slice(number: number, blocks: readonly (Uint8Array | undefined)[]): Uint8Array {
  const isKey = blocks.every((block) => block !== undefined);
  const writer = new BitWriter();
  for (const value of [0, isKey ? 7 : 5, 0]) writer.unsigned(value);
  writer.bits(isKey ? 0 : number & 0xff, NUMBER_BITS);
  // Whole pictures are told apart by an id; the others refer to the one before and change no lists.
  if (isKey) writer.unsigned(number & 1);
  writer.bits(0, isKey ? 2 : 3);
  writer.unsigned(0);
  writer.unsigned(1);
  let skipped = 0;
  for (const block of blocks) {
    if (block === undefined) {
      skipped++;
      continue;
    }
    if (!isKey) writer.unsigned(skipped);
    skipped = 0;
    writer.unsigned(isKey ? 25 : 30);
    writer.bytes(block);
  }
  if (skipped > 0) writer.unsigned(skipped);
  return unit(isKey ? KEY_SLICE : SLICE, writer.end());
}

/** A part of the stream: no run of zeros in it looks like the start of the next. */
function unit(kind: number, payload: Uint8Array): Uint8Array {
  // A byte more for each two, at worst.
  const bytes = new Uint8Array(START.length + 1 + Math.ceil(payload.length * 1.5));
  bytes.set([...START, kind]);
  let length = START.length + 1;
  let zeros = 0;
  for (const byte of payload) {
    if (zeros === 2 && byte <= 3) {
      bytes[length++] = 3;
      zeros = 0;
    }
    bytes[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return bytes.subarray(0, length);
}

/** Writes bits, the highest first. */
class BitWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #byte = 0;
  #filled = 0;

  bits(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#byte = this.#byte << 1 | value >> bit & 1;
      if (++this.#filled === 8) {
        this.#room(1)[this.#length++] = this.#byte;
        this.#byte = this.#filled = 0;
      }
    }
  }

  /** As many zeros as the number has bits behind its first, then the number: ue(v). */
  unsigned(value: number): void {
    const length = 32 - Math.clz32(value + 1);
    this.bits(0, length - 1);
    this.bits(value + 1, length);
  }

  /** From the next byte on. */
  bytes(bytes: Uint8Array): void {
    while (this.#filled > 0) this.bits(0, 1);
    this.#room(bytes.length).set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A one, and zeros up to the end of the byte. */
  end(): Uint8Array {
    this.bits(1, 1);
    while (this.#filled > 0) this.bits(0, 1);
    return this.#bytes.subarray(0, this.#length);
  }

  #room(count: number): Uint8Array {
    if (this.#length + count > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + count));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}
