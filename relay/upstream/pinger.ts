import type { Clock, Timer } from "@qumo/shared/runtime";

/** The weight of a new sample in the smoothed round-trip time. */
const SMOOTHING = 1 / 4;

/**
 * Number of last answers of which the quickest is the round-trip time: slower ones waited for a
 * thread, here or at the peer, which is not a property of the network.
 */
const ANSWERS = 8;

/**
 * How many times the slowest of the last answers a ping may take. A packet may be lost, which QUIC
 * notices after one or two round trips, or one end may be as busy as it was for that answer.
 */
const PATIENCE = 3;

/** What a {@linkcode Pinger} works with. */
export interface PingerOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /**
   * The time-out of the link; an interval and three times the slowest answer apply if they are
   * longer.
   */
  readonly timeoutMs: number;
  /** Sends a ping; resolves to whether the peer answered. Never rejects. */
  readonly ping: () => Promise<boolean>;
  /** Called when the peer answers. */
  readonly onAnswer: () => void;
  /** Called once, when the time-out has passed; then the pinger has stopped. */
  readonly onSilence: () => void;
}

/**
 * Measures the round-trip time of a link and detects a dead one, because QUIC on Deno reports
 * neither.
 */
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

  /** The smoothed round-trip time in milliseconds; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#rtt;
  }

  /** Notes that data arrived from the peer. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  /** Stops pinging. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #tick = () => {
    const { clock, intervalMs, timeoutMs, onSilence } = this.#options;
    const now = clock.now();
    // While this program was blocked, it could not hear the peer: add that time.
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
