/** When the objects of a publisher are due, and how late it was with them. Times are milliseconds. */
export class Pace {
  readonly #interval: number;
  #due: number;
  #late = 0;

  constructor(perSecond: number, start: number) {
    this.#interval = 1_000 / perSecond;
    this.#due = start;
  }

  /** When the next object is due. */
  get due(): number {
    return this.#due;
  }

  /** The next object was sent. */
  sent(now: number): void {
    this.#late = Math.max(this.#late, now - this.#due);
    this.#due += this.#interval;
  }

  /** The latest that an object was since the last call, or is. */
  lateness(now: number): number {
    const late = Math.max(this.#late, now - this.#due);
    this.#late = 0;
    return late;
  }
}
