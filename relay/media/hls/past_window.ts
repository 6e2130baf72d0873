import { MAX_PAST_SEGMENTS, MAX_SAMPLE_GAP_US } from "../limits.ts";

/** A segment of groups that are kept. */
export interface PastSegment {
  /** Counts on from one to the next. */
  readonly number: number;
  /** Its first group, and the one that it ends before. */
  readonly from: bigint;
  readonly behind: bigint;
  /** In microseconds. */
  readonly duration: number;
  /** Whether its time does not follow on from the segment before. */
  readonly isBreak: boolean;
}

/** The segments of what is kept of a track, cut where groups begin. */
export class PastWindow {
  readonly #shortest: number;
  #segments: PastSegment[] = [];
  #next = 0;
  #breaks = 0;
  // The segment that has begun, which the next group may end.
  #begun: { readonly from: bigint; readonly time: number; readonly isBreak: boolean } | undefined;

  /** `shortest` is the duration from which on a segment may end, in microseconds. */
  constructor(shortest: number) {
    this.#shortest = shortest;
  }

  /** Those that are whole, ascending. */
  get segments(): readonly PastSegment[] {
    return this.#segments;
  }

  /** Breaks in segments that are gone. */
  get breaksBefore(): number {
    return this.#breaks;
  }

  find(number: number): PastSegment | undefined {
    return this.#segments[number - (this.#segments[0]?.number ?? 0)];
  }

  /** A group begins at this time, in microseconds. */
  add(group: bigint, time: number): void {
    const begun = this.#begun;
    if (begun === undefined || group <= begun.from) return this.#begin(group, time, begun);
    const length = time - begun.time;
    const isBreak = length <= 0 || length > this.#shortest + MAX_SAMPLE_GAP_US;
    if (!isBreak && length < this.#shortest) return;
    this.#segments.push({
      number: this.#next++,
      from: begun.from,
      behind: group,
      duration: isBreak ? this.#shortest : length,
      isBreak: begun.isBreak,
    });
    this.#begun = { from: group, time, isBreak };
    while (this.#segments.length > MAX_PAST_SEGMENTS) this.#dropOldest();
  }

  /** Groups before this one are gone; undefined: all are. */
  keepFrom(oldest: bigint | undefined): void {
    while (this.#segments.length > 0) {
      if (oldest !== undefined && this.#segments[0]!.from >= oldest) return;
      this.#dropOldest();
    }
  }

  #begin(group: bigint, time: number, before: object | undefined): void {
    // Groups that are numbered anew are another track.
    while (before !== undefined && this.#segments.length > 0) this.#dropOldest();
    this.#begun = { from: group, time, isBreak: before !== undefined };
  }

  #dropOldest(): void {
    if (this.#segments.shift()!.isBreak) this.#breaks++;
  }
}
