/**
 * Events that are not written yet, given out in pieces of bounded length. Texts are held as they
 * came, so that what many streams write is there once for all of them.
 */
export class EventPieces {
  readonly #maxLength: number;
  #parts: string[] = [];
  /** Where in the first part the rest begins. */
  #offset = 0;
  #length = 0;

  /** Gives out pieces of at most so many characters. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether there is enough for one more piece of full length. */
  get isFull(): boolean {
    return this.#length >= this.#maxLength;
  }

  /** Adds texts that come one after the other. */
  add(...texts: readonly string[]): void {
    for (const text of texts.filter((one) => one !== "")) {
      this.#parts.push(text);
      this.#length += text.length;
    }
  }

  /** The next piece; no character is cut in halves. */
  take(): string {
    let piece = "";
    while (piece.length < this.#maxLength && this.#parts.length > 0) {
      const [first] = this.#parts as [string];
      const end = this.#pieceEnd(first, this.#maxLength - piece.length);
      if (end === this.#offset) break;
      piece += first.slice(this.#offset, end);
      this.#offset = end;
      if (end < first.length) break;
      this.#parts.shift();
      this.#offset = 0;
    }
    this.#length -= piece.length;
    return piece;
  }

  #pieceEnd(text: string, room: number): number {
    const end = this.#offset + room;
    if (text.length <= end) return text.length;
    return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
  }
}
