import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import type { EstablishedSession, Session } from "../session/session.ts";
import { Pinger } from "./pinger.ts";
import type { MeshSettings } from "./settings.ts";

/** What a {@linkcode LiveLink} works with. */
export interface LiveLinkOptions {
  /** The neighbor's name, or the URL of a static origin. */
  readonly name: string;
  readonly session: Session;
  readonly neighbor: EstablishedSession;
  readonly settings: MeshSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the link is not used yet, because it was down too often. */
  readonly heldMs: number;
  /** The link may be used. */
  readonly onUp: () => void;
  /** The round-trip time has changed significantly. */
  readonly onMeasured: () => void;
}

// A change of the round-trip time that is reported at once; smaller ones wait for the next
// heartbeat.
const RTT_TOLERANCE_MS = 2;
const RTT_TOLERANCE = 0.25;

/** A link while there is a session with the neighbor. */
export class LiveLink {
  readonly session: Session;
  readonly neighbor: EstablishedSession;
  readonly #onMeasured: () => void;
  // Where the protocol has no ping a dead neighbor is noticed by the transport alone.
  readonly #pinger: Pinger | undefined;
  readonly #held: Timer | undefined;
  #reportedRtt: number | undefined;
  #isUp = false;

  constructor(options: LiveLinkOptions) {
    const { name, session, neighbor, settings, clock, log, heldMs, onUp } = options;
    this.session = session;
    this.neighbor = neighbor;
    this.#onMeasured = options.onMeasured;
    const ping = neighbor.ping?.bind(neighbor);
    this.#pinger = ping && new Pinger({
      clock,
      intervalMs: settings.pingIntervalMs,
      timeoutMs: settings.linkTimeoutMs,
      ping,
      onAnswer: () => this.#measured(),
      onSilence: () => {
        // The neighbor sent GOAWAY: it may be silent until it is gone.
        log.warn("link silent", { neighbor: name, timeout_ms: settings.linkTimeoutMs });
        session.close("no answer");
      },
    });
    this.#isUp = heldMs === 0;
    this.#held = this.#isUp ? undefined : clock.after(heldMs, () => {
      this.#isUp = true;
      onUp();
    });
  }

  /** Whether it may be used. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** The smoothed round-trip time in milliseconds; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#pinger?.rttMs;
  }

  /** Data came from the neighbor. */
  heard(): void {
    this.#pinger?.heard();
  }

  /** The session ends. */
  stop(): void {
    this.#pinger?.stop();
    this.#held?.cancel();
  }

  /** Reports a significantly changed round-trip time, which routes may depend on. */
  #measured(): void {
    const { rttMs } = this;
    if (rttMs === undefined) return;
    const reported = this.#reportedRtt;
    const tolerance = Math.max(RTT_TOLERANCE_MS, RTT_TOLERANCE * (reported ?? 0));
    if (reported !== undefined && Math.abs(rttMs - reported) < tolerance) return;
    this.#reportedRtt = rttMs;
    this.#onMeasured();
  }
}
