import { MalformedTrack } from "./errors.ts";
import { MAX_GAPS } from "./limits.ts";

/**
 * Ranges of ids of which a publisher said that nothing is there and nothing will be: of groups in a
 * track, or of objects in a group (#prior-group-id-gap, #prior-object-id-gap).
 */
export class Gaps {
  readonly #ranges: { readonly from: bigint; readonly to: bigint }[] = [];

  /** Whether an id is known not to exist. */
  has(id: bigint): boolean {
    return this.#ranges.some(({ from, to }) => from <= id && id < to);
  }

  /** The first id from this one on that may exist. */
  skipForward(id: bigint): bigint {
    const range = this.#ranges.find(({ from, to }) => from <= id && id < to);
    return range === undefined ? id : this.skipForward(range.to);
  }

  /** The last id up to this one that may exist; -1 when there is none. */
  skipBackward(id: bigint): bigint {
    const range = this.#ranges.find(({ from, to }) => from <= id && id < to);
    return range === undefined ? id : this.skipBackward(range.from - 1n);
  }

  /**
   * Notes that the `length` ids before `id` do not exist. What comes after {@linkcode MAX_GAPS} is
   * not noted, which only makes those ids unknown.
   */
  add(id: bigint, length: bigint, what: string): void {
    if (length > id) throw new MalformedTrack(`The gap before ${what} ${id} is ${length} long`);
    const from = id - length;
    if (length === 0n || this.#ranges.length === MAX_GAPS) return;
    if (this.#ranges.some((range) => range.from === from && range.to === id)) return;
    this.#ranges.push({ from, to: id });
  }
}
