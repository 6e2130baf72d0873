import { type Clock, sleep, type Timer } from "@qumo/shared/runtime";
import type { Controllers } from "./controllers.ts";
import type { Stream } from "./followed_stream.ts";
import {
  FOLLOW_RETRY,
  MISSED_KEEP_ALIVES,
  OPENING_MS,
  PROBE_GRACE_MS,
  PROBE_MS,
} from "./limits.ts";
import { type Answered, probe, type Probing } from "./probe.ts";

/** What a {@linkcode Watchdog} works with. */
export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long it may be quiet, in milliseconds. */
  readonly quietMs: number;
  /** Asks for a sign of life until there is one, or the signal is aborted. */
  readonly probe: (signal: AbortSignal) => Promise<Answered | undefined>;
  /** Called when it was quiet for too long, with who answered other requests in the end. */
  readonly onStuck: (answered: Answered | undefined) => void;
}

/**
 * Watches something of a controller that must not be quiet for long. When it is, the controller is
 * asked for a sign of life on other connections: after an outage those work before the old one does.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #since: number;
  #heardAt = 0;
  #timer: Timer | undefined;
  #asking: AbortController | undefined;
  #work: Promise<void> | undefined;

  /** Begins to watch. */
  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#since = options.clock.now();
    this.heard();
  }

  /** For how long it was heard, in milliseconds. */
  get heardMs(): number {
    return this.#heardAt - this.#since;
  }

  /** It was not quiet. */
  heard(): void {
    const { clock, quietMs } = this.#options;
    this.#heardAt = clock.now();
    this.#asking?.abort();
    this.#timer?.cancel();
    this.#timer = clock.after(quietMs, () => {
      const asking = this.#asking = new AbortController();
      this.#work = this.#ask(asking.signal);
    });
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#asking?.abort();
    await this.#work;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { clock, probe, onStuck } = this.#options;
    const answered = await probe(signal);
    if (answered !== undefined) await sleep(clock, PROBE_GRACE_MS, signal);
    if (!signal.aborted) onStuck(answered);
  }
}

/** What {@linkcode watchStream} works with. */
export type WatchingParts = Omit<Probing, "urls"> & { readonly controllers: Controllers };

/**
 * Ends a stream that is quiet for too long, and says which controller answers. Without `keepAliveMs`,
 * how often it says at least that it is there, it is one that is being opened.
 */
export function watchStream(
  stream: Stream,
  parts: WatchingParts,
  keepAliveMs?: number,
): Watchdog {
  const others = parts.controllers.inOrder.filter((url) => url !== stream.url);
  const urls = [stream.url, ...others];
  const openingMs = stream.wasAway ? PROBE_MS : OPENING_MS;
  const quietMs = keepAliveMs === undefined ? openingMs : keepAliveMs * MISSED_KEEP_ALIVES;
  const watchdog: Watchdog = new Watchdog({
    clock: parts.clock,
    quietMs,
    probe: (signal) => probe({ ...parts, urls }, signal),
    onStuck: (answered) => {
      const isBack = stream.wasAway || answered?.wasSilent === true;
      if (answered?.url === stream.url) stream.isAnswered = true;
      // One that was not away may need its time to open a stream.
      if (keepAliveMs === undefined && answered !== undefined && !isBack) return;
      const isSoon = watchdog.heardMs < FOLLOW_RETRY.healthyAfter;
      stream.isDelayed = isSoon && answered?.url === stream.url && !isBack;
      if (answered !== undefined) stream.answering = answered.url;
      const though = answered === undefined ? "" : `, though ${answered.url} answers`;
      stream.abort.abort(new Error(`no data for ${quietMs} ms${though}`));
    },
  });
  return watchdog;
}
