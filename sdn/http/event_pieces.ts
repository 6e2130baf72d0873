/**
 * A queue of event texts that is written in chunks of bounded length. Texts are kept by reference,
 * so that many streams of the same events share them.
 */
export class EventPieces {
  readonly #maxLength: number;
  #parts: string[] = [];
  /** How much of the first text was taken. */
  #offset = 0;
  #length = 0;

  /** Returns chunks of at most `maxLength` characters. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether there is enough for a chunk of full length. */
  get isFull(): boolean {
    return this.#length >= this.#maxLength;
  }

  /** Appends texts. */
  add(...texts: readonly string[]): void {
    for (const text of texts.filter((one) => one !== "")) {
      this.#parts.push(text);
      this.#length += text.length;
    }
  }

  /** The next chunk; a surrogate pair is never split. */
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
