import type { Clock } from "@qumo/shared/runtime";
import type { Segment } from "./segmenter.ts";
import type { MemoryBudget } from "./memory_budget.ts";

/** Where a playlist has come to. */
interface Position {
  readonly segment: number;
  /** Undefined: the whole segment. */
  readonly part: number | undefined;
}

/** Settings of a {@linkcode SegmentWindow}. */
export interface WindowOptions {
  /** Whole segments that a playlist shows. */
  readonly shown: number;
  /** Whole segments that are kept behind these for players that are late. */
  readonly kept: number;
  readonly budget: MemoryBudget;
  readonly clock: Clock;
}

/** The newest segments of a track, and those who wait for the next ones. */
export class SegmentWindow {
  readonly #options: WindowOptions;
  #segments: Segment[] = [];
  #breaks = 0;
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** The segments that a playlist shows; the last one may still grow. */
  get shown(): readonly Segment[] {
    const whole = this.#segments.filter(({ isWhole }) => isWhole).length;
    return this.#segments.slice(Math.max(0, whole - this.#options.shown));
  }

  /** Breaks in segments before the shown ones. */
  get breaksBefore(): number {
    const [first] = this.shown;
    let breaks = this.#breaks;
    for (const segment of this.#segments) {
      if (segment.isBreak) breaks++;
      if (segment === first) break;
    }
    return breaks;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The newest segment's number; undefined before the first. */
  get last(): Segment | undefined {
    return this.#segments.at(-1);
  }

  find(number: number): Segment | undefined {
    return this.#segments.find((segment) => segment.number === number);
  }

  /** A segment began, grew or ended. */
  changed(segment: Segment): void {
    if (this.last !== segment) this.#segments.push(segment);
    const { shown, kept, budget } = this.#options;
    budget.grow(this, segment.parts.at(-1)!.bytes.length * (segment.isWhole ? 0 : 1));
    const whole = this.#segments.filter(({ isWhole }) => isWhole).length;
    for (let more = whole - shown - kept; more > 0; more--) this.dropOldest();
    this.#wake();
  }

  /** Forgets the oldest segment; false when only the newest is left. */
  dropOldest(): boolean {
    if (this.#segments.length < 2) return false;
    const [oldest] = this.#segments.splice(0, 1);
    if (oldest!.isBreak) this.#breaks++;
    this.#options.budget.shrink(this, oldest!.bytes);
    return true;
  }

  /** Nothing more comes. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Forgets everything. */
  close(): void {
    this.end();
    for (const { bytes } of this.#segments) this.#options.budget.shrink(this, bytes);
    this.#segments = [];
  }

  /** Whether there is this part, or this segment as a whole, or a later one. */
  has({ segment, part }: Position): boolean {
    const { last } = this;
    if (last === undefined) return false;
    if (last.number > segment) return true;
    if (last.number < segment) return false;
    return last.isWhole || part !== undefined && last.parts.length > part;
  }

  /** Resolves when `condition` holds, or nothing more comes, or the time is over. */
  async until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const isDone = () => this.#isOver || condition();
    if (isDone()) return condition();
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (isDone()) resolve();
    };
    this.#waiting.add(look);
    const timer = this.#options.clock.after(milliseconds, resolve);
    await promise;
    timer.cancel();
    this.#waiting.delete(look);
    return condition();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
