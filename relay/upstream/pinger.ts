import type { Clock, Timer } from "@qumo/shared/runtime";

/** How a newer round trip counts against what is known. */
const SMOOTHING = 1 / 4;

/**
 * Of so many answers the quickest is taken for the round trip: the others waited for a thread, here
 * or at the peer, and that says nothing of the way between.
 */
const ANSWERS = 8;

/**
 * Times of the slowest of the last answers that one may take. A packet was lost, which QUIC notices after
 * one or two round trips, or the machine of one end is busy, as it was for that answer.
 */
const PATIENCE = 3;

/** What a {@linkcode Pinger} works with. */
export interface PingerOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** The silence that is too long, if three times the slowest answer beside an interval is not longer. */
  readonly timeoutMs: number;
  /** Asks the peer something; resolves to whether it answered. Never rejects. */
  readonly ping: () => Promise<boolean>;
  /** The peer answered, for the first time or again. */
  readonly onAnswer: () => void;
  /** Nothing came for too long. Called once; then the pinger has stopped. */
  readonly onSilence: () => void;
}

/** Measures the round trip of a link and notices when it falls silent: QUIC on Deno tells neither. */
export class Pinger {
  readonly #options: PingerOptions;
  #timer: Timer | undefined;
  #heardAt: number;
  #tickedAt: number;
  #isAsking = false;
  #rtt: number | undefined;
  readonly #took: number[] = [];

  constructor(options: PingerOptions) {
    this.#options = options;
    this.#heardAt = this.#tickedAt = options.clock.now();
    this.#tick();
  }

  /** The smoothed round trip in milliseconds; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#rtt;
  }

  /** Something came from the peer, whatever it was. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  /** Asks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #tick = () => {
    const { clock, intervalMs, timeoutMs, onSilence } = this.#options;
    const now = clock.now();
    // While this program itself stood still, the peer could not be heard.
    const late = Math.max(0, now - this.#tickedAt - intervalMs);
    this.#heardAt = Math.min(now, this.#heardAt + late);
    this.#tickedAt = now;
    const patience = Math.max(timeoutMs, intervalMs + PATIENCE * Math.max(0, ...this.#took));
    if (now - this.#heardAt >= patience) {
      this.stop();
      return onSilence();
    }
    this.#timer = clock.after(intervalMs, this.#tick);
    if (!this.#isAsking) void this.#ask(now);
  };

  async #ask(since: number): Promise<void> {
    this.#isAsking = true;
    const hasAnswered = await this.#options.ping();
    this.#isAsking = false;
    if (!hasAnswered || this.#timer === undefined) return;
    this.heard();
    this.#measure(this.#options.clock.now() - since);
    this.#options.onAnswer();
  }

  #measure(took: number): void {
    this.#took.push(took);
    if (this.#took.length > ANSWERS) this.#took.shift();
    const quickest = Math.min(...this.#took);
    this.#rtt = this.#rtt === undefined ? quickest : this.#rtt + SMOOTHING * (quickest - this.#rtt);
  }
}
