/** Where progress is shown: on a terminal in one line that changes, elsewhere in lines. */
export class Progress {
  readonly #output: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number };
  readonly #encoder = new TextEncoder();

  constructor(output: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number }) {
    this.#output = output;
  }

  /** Says something that stays. */
  line(text: string): void {
    this.#write(this.#output.isTerminal() ? `${CLEAR}${text}\n` : `${text}\n`);
  }

  /** Says what is true for a moment; only a terminal can take it back, so others are not told. */
  update(text: string): void {
    if (this.#output.isTerminal()) this.#write(`${CLEAR}${text.slice(0, widthOfTerminal())}`);
  }

  /** Says what is true for a moment, in lines where it cannot be taken back. */
  show(text: string): void {
    if (this.#output.isTerminal()) this.update(text);
    else this.line(text);
  }

  #write(text: string): void {
    try {
      this.#output.writeSync(this.#encoder.encode(text));
    } catch {
      // Whoever read it went away.
    }
  }
}

const CLEAR = "\r\x1b[K";

/** A line that is longer than this cannot be taken back. */
function widthOfTerminal(): number {
  return Deno.consoleSize().columns - 1;
}
