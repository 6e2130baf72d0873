/** What lines are shown on. */
export interface Screen {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/** Lines that are true for a moment: on a terminal they are written over, elsewhere they stay. */
export class LiveLines {
  readonly #screen: Screen;
  readonly #width: () => number;
  #shown = 0;

  /** `width` is how many characters of a line fit. */
  constructor(screen: Screen, width: () => number) {
    this.#screen = screen;
    this.#width = width;
  }

  show(lines: readonly string[]): void {
    if (!this.#screen.isTerminal()) return this.#write(`${lines.join("\n")}\n`);
    const width = this.#width();
    this.#write(`${this.#back()}${lines.map((line) => `${line.slice(0, width)}\n`).join("")}`);
    this.#shown = lines.length;
  }

  /** Something that stays, above the lines that come. */
  say(text: string): void {
    this.#write(`${this.#back()}${text}\n`);
    this.#shown = 0;
  }

  #back(): string {
    return this.#shown === 0 ? "" : `\x1b[${this.#shown}A\x1b[J`;
  }

  #write(text: string): void {
    try {
      this.#screen.writeSync(new TextEncoder().encode(text));
    } catch {
      // Whoever read it went away.
    }
  }
}
