import { MalformedTrack } from "../errors.ts";
import { MAX_GAPS } from "../limits.ts";

/**
 * Ranges of ids of which a publisher said that nothing is there and nothing will be: of groups in a
 * track, or of objects in a group (#prior-group-id-gap, #prior-object-id-gap).
 */
export class Gaps {
  readonly #ranges: { readonly from: bigint; readonly to: bigint }[] = [];

  /** Whether nothing is known not to exist. */
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

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

  /** Whether one gap covers every id from the first on and before the second. */
  covers(first: bigint, behind: bigint): boolean {
    return this.#ranges.some(({ from, to }) => from <= first && behind <= to);
  }

  /**
   * Whether it is news that the `length` ids before `id` do not exist. What comes after
   * {@linkcode MAX_GAPS} is not noted, which only makes those ids unknown.
   */
  isNews(id: bigint, length: bigint, what: string): boolean {
    if (length > id) throw new MalformedTrack(`The gap before ${what} ${id} is ${length} long`);
    return length > 0n && this.#ranges.length < MAX_GAPS && !this.covers(id - length, id);
  }

  /** Notes that the `length` ids before `id` do not exist, which is news. */
  add(id: bigint, length: bigint): void {
    this.#ranges.push({ from: id - length, to: id });
  }
}
