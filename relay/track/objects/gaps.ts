import { MalformedTrack } from "../errors.ts";
import { MAX_GAPS } from "../limits.ts";

/**
 * Ranges of ids that a publisher declared not to exist: groups of a track, or objects of a group
 * (#prior-group-id-gap, #prior-object-id-gap).
 */
export class Gaps {
  readonly #ranges: { readonly from: bigint; readonly to: bigint }[] = [];

  /** Whether there are no gaps. */
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Whether an id is in a gap. */
  has(id: bigint): boolean {
    return this.#ranges.some(({ from, to }) => from <= id && id < to);
  }

  /** The first id from `id` on that is in no gap. */
  skipForward(id: bigint): bigint {
    const range = this.#ranges.find(({ from, to }) => from <= id && id < to);
    return range === undefined ? id : this.skipForward(range.to);
  }

  /** The last id up to `id` that is in no gap; -1 when there is none. */
  skipBackward(id: bigint): bigint {
    const range = this.#ranges.find(({ from, to }) => from <= id && id < to);
    return range === undefined ? id : this.skipBackward(range.from - 1n);
  }

  /** Whether one gap covers every id from `first` up to but not including `behind`. */
  covers(first: bigint, behind: bigint): boolean {
    return this.#ranges.some(({ from, to }) => from <= first && behind <= to);
  }

  /**
   * Whether a gap of the `length` ids before `id` is new. Gaps beyond {@linkcode MAX_GAPS} are not
   * recorded, so their ids stay unknown.
   */
  isNews(id: bigint, length: bigint, what: string): boolean {
    if (length > id) throw new MalformedTrack(`The gap before ${what} ${id} is ${length} long`);
    return length > 0n && this.#ranges.length < MAX_GAPS && !this.covers(id - length, id);
  }

  /** Adds a gap of the `length` ids before `id`, which must be new. */
  add(id: bigint, length: bigint): void {
    this.#ranges.push({ from: id - length, to: id });
  }
}
