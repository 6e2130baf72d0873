/** Numbers that look random and are the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number of 32 bits (the generator is mulberry32, in the public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 up to `limit`, which is not included. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Up to `maxLength` bytes of any value. */
  bytes(maxLength: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: this.below(maxLength + 1) }, () => this.next());
  }

  /** An integer as protocols have them: small ones mostly, those at the edges, and any of up to 64 bits. */
  integer(): bigint {
    if (this.percent(70)) return BigInt(this.below(8));
    if (this.percent(50)) return this.pick(EDGES);
    return ((BigInt(this.next()) << 32n) | BigInt(this.next())) >> BigInt(this.below(64));
  }

  /** Bytes changed in up to four places: replaced, taken out, put in or repeated, the end cut off. */
  mutated(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let list = [...bytes];
    for (let changes = 1 + this.below(4); changes > 0; changes--) {
      const at = this.below(list.length + 1);
      const change = this.pick([
        () => list.toSpliced(at, 1, this.below(256)),
        () => list.toSpliced(at, 1 + this.below(4)),
        () => list.toSpliced(at, 0, ...this.bytes(6)),
        () => list.toSpliced(at, 0, ...this.pick(NASTY)),
        () => this.percent(50) ? list.slice(0, at) : [...list, ...list.slice(at)],
      ]);
      list = change();
    }
    return Uint8Array.from(list);
  }
}

const EDGES = [0x3fn, 0x7fn, 0x80n, 0x3fffn, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 64n - 1n];

/** Integers that are too large, too long or 0. */
const NASTY = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xfe, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xc0, 0xff, 0xff],
  [0x80, 0x00],
  [0x00, 0x00],
];
