// Blocks bound the strings that an insertion moves.
const BLOCK = 512;

/** A set of strings in order of their UTF-16 code units. */
export class SortedStrings {
  readonly #blocks: string[][] = [];
  #size = 0;

  /** The number of strings. */
  get size(): number {
    return this.#size;
  }

  /** Adds a string; does nothing if it is present. */
  add(text: string): void {
    const index = Math.min(this.#blockOf(text), Math.max(0, this.#blocks.length - 1));
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([text]);
      this.#size++;
      return;
    }
    const place = lowerBound(block, text);
    if (block[place] === text) return;
    block.splice(place, 0, text);
    this.#size++;
    if (block.length > 2 * BLOCK) this.#blocks.splice(index + 1, 0, block.splice(BLOCK));
  }

  /** Removes a string; does nothing if it is absent. */
  delete(text: string): void {
    const index = this.#blockOf(text);
    const block = this.#blocks[index];
    if (block === undefined) return;
    const place = lowerBound(block, text);
    if (block[place] !== text) return;
    block.splice(place, 1);
    this.#size--;
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** The strings from `start` on, in order. The set must not change during the iteration. */
  *from(start: string): Generator<string> {
    for (let index = this.#blockOf(start); index < this.#blocks.length; index++) {
      const block = this.#blocks[index] ?? [];
      for (let place = lowerBound(block, start); place < block.length; place++) {
        yield block[place] as string;
      }
    }
  }

  /** The index of the first block whose last string is not less than `text`. */
  #blockOf(text: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#blocks[middle]?.at(-1);
      if (last !== undefined && last < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
