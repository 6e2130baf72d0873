import { encode } from "cborg";
import type { Random } from "../random.ts";
import { catOf, HS256 } from "../worlds/cats.ts";

/** What everything that is made here is a change of; it may be told apart from it by its bytes. */
const EVERYTHING = new Map<number, unknown>([[327, [[[2, 3, 4, 6, 7]]]]]);

/** A token that is good where its key is. */
export function goodCat(): Uint8Array<ArrayBuffer> {
  return catOf(EVERYTHING);
}

/** Each byte of a token changed, in each of its bits and to what CBOR means something by. */
export function* changedBytes(token: Uint8Array): Iterable<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < token.length; at++) {
    const was = token[at]!;
    const flipped = Array.from({ length: 8 }, (_, bit) => was ^ (1 << bit));
    for (
      const byte of new Set([...flipped, 0x00, 0x40, 0x5f, 0x80, 0x9f, 0xa0, 0xbf, 0xf6, 0xff])
    ) {
      if (byte === was) continue;
      const changed = new Uint8Array(token);
      changed[at] = byte;
      yield changed;
    }
  }
}

/** A token that no relay may believe: of bytes, of CBOR, or signed by its key and without sense. */
export function hostileCat(random: Random): Uint8Array<ArrayBuffer> {
  const good = goodCat();
  const signed = (payload: Uint8Array, header?: Map<number, unknown>) =>
    catOf(new Map(), { payload, ...(header !== undefined && { header }) });
  const make = random.pick<() => Uint8Array<ArrayBuffer>>([
    () => random.bytes(600),
    () => damaged(random, good),
    () => new Uint8Array(encode(nonsense(random, 6))),
    () => random.pick(BOMBS),
    () => signed(random.bytes(300), nonsenseHeader(random)),
    () => signed(encode(nonsense(random, 5))),
    () => signed(random.pick(BOMBS)),
  ]);
  return make();
}

/** Damaged, in whatever way. */
function damaged(random: Random, good: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = random.mutated(good);
  return bytes.toHex() === good.toHex() ? bytes.subarray(1) : bytes;
}

/** Values of every kind, in one another; where a token says what it allows there is none that does. */
function nonsense(random: Random, depth: number): unknown {
  const inner = () => nonsense(random, depth - 1);
  const many = Array.from({ length: random.below(6) });
  const plain = [
    () => random.integer(),
    () => random.bytes(40),
    () => String.fromCodePoint(...random.bytes(20)),
    () => random.pick([true, false, null]),
    () => random.next() / 7,
    () => -random.integer() - 1n,
  ];
  const nested = [
    () => many.map(inner),
    () => new Map(many.map(() => [random.pick(KEYS), inner()])),
  ];
  return random.pick<() => unknown>(depth > 0 ? [...plain, ...nested] : plain)();
}

function nonsenseHeader(random: Random): Map<number, unknown> {
  const alg = random.pick([HS256, -7, 0, -65_536, "HS256", null]);
  return new Map([[1, alg], [random.pick([2, 4, 5, 33]), nonsense(random, 3)]]);
}

/** Numbers of claims, and what is none. */
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 310, 321, 327, 328, -1, 70_000, "moqt", null];

const deep = (head: number, length: number) => new Uint8Array(length).fill(head);

/** What says that it is deep, long or endless. */
const BOMBS: readonly Uint8Array<ArrayBuffer>[] = [
  deep(0x81, 8_000),
  deep(0xa1, 8_000),
  deep(0xd2, 8_000),
  deep(0x9f, 8_000),
  deep(0xbf, 8_000),
  ...[0x5b, 0x7b, 0x9b, 0xbb].map((head) =>
    Uint8Array.of(head, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff)
  ),
  ...[0x5a, 0x7a, 0x9a, 0xba].map((head) => Uint8Array.of(head, 0xff, 0xff, 0xff, 0xff, 0x00)),
  Uint8Array.of(0xd1, 0x84, 0x5a, 0x7f, 0xff, 0xff, 0xff, 0xa0, 0x40, 0x40),
];
