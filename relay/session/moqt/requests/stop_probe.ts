import type { Clock, Timer } from "@qumo/shared/runtime";
import {
  FIRST_PROBE_MS,
  MAX_PROBE_DELAY_MS,
  MAX_PROBES,
  MAX_TIMED_PROBES,
  SUSPECT_PROBE_MS,
} from "../../limits.ts";
import type { SessionMetrics } from "../../metrics.ts";
import type { EventLog } from "../../event_log.ts";
import { nameFields } from "./refuse.ts";
import type { StopNotice } from "../../../vocabulary/mod.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";

/**
 * Detects which long requests a peer has cancelled by STOP_SENDING: Deno reports it only on a
 * write, and a quiet request has nothing to write. Sends probes at growing intervals.
 */
export class StopProbes {
  readonly #clock: Clock;
  readonly #metrics: SessionMetrics;
  readonly #events: EventLog;
  readonly #watched = new Map<RequestChannel, Probe>();

  constructor(
    { clock, metrics, events }: { clock: Clock; metrics: SessionMetrics; events: EventLog },
  ) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#events = events;
  }

  /**
   * Asks a request's stream now and then, until the request ends, which calling the result says.
   * `subject` is what it is about, for the log.
   */
  watch(stream: RequestChannel, subject: RequestSubject): () => void {
    const probe = new Probe(this.#clock, stream, () => void this.#ask(stream, subject, "probe"));
    this.#watched.set(stream, probe);
    return () => {
      this.#watched.delete(stream);
      probe.end();
    };
  }

  /** Probes a stream soon: the peer did something that may be a sign of a cancellation. */
  suspect(stream: RequestChannel): void {
    this.#watched.get(stream)?.suspect();
  }

  /** Whether a request that is in the way of another one was cancelled. */
  isCancelled(stream: RequestChannel, subject: RequestSubject): Promise<boolean> {
    return this.#ask(stream, subject, "conflict");
  }

  async #ask(stream: RequestChannel, subject: RequestSubject, how: StopNotice): Promise<boolean> {
    if (!await stream.hasStopped()) return false;
    this.#metrics.requestStops[how]++;
    this.#events.say("request cancelled", { ...nameFields(subject), noticed_by: how });
    return true;
  }
}

/** The probe schedule of one stream. */
class Probe {
  readonly #clock: Clock;
  readonly #stream: RequestChannel;
  readonly #ask: () => void;
  #timer: Timer;
  #delay = FIRST_PROBE_MS;
  #sentCount: number;
  #isSuspect = false;
  #ended = false;

  constructor(clock: Clock, stream: RequestChannel, ask: () => void) {
    this.#clock = clock;
    this.#stream = stream;
    this.#ask = ask;
    this.#sentCount = stream.sentCount;
    this.#timer = clock.after(this.#delay, this.#due);
  }

  suspect(): void {
    if (this.#ended || this.#isSuspect || this.#stream.probeCount >= MAX_PROBES - 1) return;
    this.#isSuspect = true;
    this.#timer.cancel();
    this.#timer = this.#clock.after(SUSPECT_PROBE_MS, this.#due);
  }

  end(): void {
    this.#ended = true;
    this.#timer.cancel();
  }

  readonly #due = () => {
    const { sentCount, probeCount } = this.#stream;
    const isQuiet = sentCount === this.#sentCount;
    if (this.#isSuspect || isQuiet && probeCount < MAX_TIMED_PROBES) this.#ask();
    this.#sentCount = sentCount;
    this.#isSuspect = false;
    this.#delay = isQuiet ? Math.min(this.#delay * 2, MAX_PROBE_DELAY_MS) : FIRST_PROBE_MS;
    this.#timer = this.#clock.after(this.#delay, this.#due);
  };
}
