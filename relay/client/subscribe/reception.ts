import { bitRate, type Clock, many } from "@qumo/shared/runtime";
import type { ReadObject } from "../../media/model/read_object.ts";
import { CLOCK_ERROR_MS, MAX_LATENCY_MS } from "./limits.ts";

/** Counts what a subscriber receives, and says it in a line. */
export class Reception {
  readonly #clock: Clock;
  readonly #since: number;
  // By track, the last group.
  readonly #groups = new Map<string, bigint>();
  #groupCount = 0;
  #objects = 0;
  #bytes = 0;
  #missed = 0;
  #latency: number | undefined;
  #lastAt: number;
  #leftOut = 0;
  #last = { at: 0, bytes: 0 };
  readonly #came: () => void;

  /** `came` is called for each object. */
  constructor(clock: Clock, came: () => void) {
    this.#clock = clock;
    this.#came = came;
    this.#since = this.#last.at = this.#lastAt = clock.now();
  }

  get objects(): number {
    return this.#objects;
  }

  /** Milliseconds since the last object. */
  get quietMs(): number {
    return this.#clock.now() - this.#lastAt;
  }

  /** An object of a track came. */
  object(track: string, { group, payload }: ReadObject): void {
    this.#objects++;
    this.#came();
    this.#lastAt = this.#clock.now();
    this.#bytes += payload.length;
    if (this.#groups.get(track) === group) return;
    this.#groups.set(track, group);
    this.#groupCount++;
  }

  /** A frame came that was made at this time, in microseconds, if that is the time of day. */
  frame(timestamp: number): void {
    const latency = this.#clock.wall() - timestamp / 1_000;
    if (Math.abs(latency) <= MAX_LATENCY_MS) this.#latency = latency;
  }

  /** Objects of a group did not come. */
  missed(): void {
    this.#missed++;
  }

  /** Bytes were not written, since nobody read what was written before. */
  leftOut(): void {
    this.#leftOut++;
  }

  /** What came so far, and how fast since the last line. */
  line(): string {
    const now = this.#clock.now();
    const seconds = (now - this.#last.at) / 1_000;
    const rate = seconds > 0 ? (this.#bytes - this.#last.bytes) * 8 / seconds : undefined;
    this.#last = { at: now, bytes: this.#bytes };
    return this.#text(now, rate);
  }

  /** What came in all. */
  summary(): string {
    const now = this.#clock.now();
    const seconds = (now - this.#since) / 1_000;
    return this.#text(now, seconds > 0 ? this.#bytes * 8 / seconds : undefined);
  }

  #text(now: number, rate: number | undefined): string {
    return [
      `${Math.round((now - this.#since) / 1_000)} s`,
      many(this.#groupCount, "group"),
      many(this.#objects, "object"),
      bitRate(rate),
      latencyText(this.#latency),
      `${this.#missed} incomplete`,
      this.#leftOut === 0 ? undefined : `${this.#leftOut} not written`,
    ].filter((part) => part !== undefined).join("  ");
  }
}

/** A latency in words; of timestamps from the future, that the clocks differ. */
function latencyText(milliseconds: number | undefined): string | undefined {
  if (milliseconds === undefined) return undefined;
  const ahead = Math.round(-milliseconds);
  if (ahead <= CLOCK_ERROR_MS) return `latency ${Math.max(0, Math.round(milliseconds))} ms`;
  return `latency unknown: the publisher's timestamps are ${ahead} ms ahead of this clock`;
}
