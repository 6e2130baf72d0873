import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import type { Draft, SessionErrorName } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import type { InputOptions } from "../input.ts";
import { OPEN_STREAMS_SHARE, STREAMS_RELEASE_MS, STUCK_STREAMS_SHARE } from "../limits.ts";
import type { TrackGivenUp } from "../../vocabulary/mod.ts";
import type { StreamBudget, StreamHolder } from "../stream_budget.ts";
import type { Role } from "../session_options.ts";
import type { SessionSettings } from "../settings.ts";

/** The interfaces that {@linkcode StreamCredit} uses of its session. */
export interface StreamCreditContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: Pick<Connection, "canReset">;
  /** The dialect's codes. */
  readonly draft: Pick<Draft, "streamCodes">;
  readonly settings: Pick<SessionSettings, "maxIncomingStreams">;
  readonly role: Role;
}

/** A track whose publisher leaves streams open. */
export interface StuckTrack {
  giveUp(why: TrackGivenUp, reason: string): void;
}

/** The dependencies of {@linkcode StreamCredit}. */
export interface StreamCreditParts {
  /** Returns the track with the most streams stopped because their group was over. */
  readonly incoming: { mostStopped(): StuckTrack | undefined };
  readonly budget: StreamBudget;
  /** Whether the peer is a relay of the mesh. */
  readonly isWithRelay: boolean;
  /** Asks the peer to open a new session and leave this one (GOAWAY). */
  readonly move: () => void;
  /** Closes the session. */
  readonly close: (code: SessionErrorName, reason: string) => void;
}

/**
 * The data streams that a peer has open, of which the transport allows a limited number. A stream
 * that was stopped while silent is stuck: it counts until the peer sends something. A publisher
 * that never ends its streams would run out of them silently, so it is asked in time to move to a
 * new session; as a last resort its tracks are ended.
 */
export class StreamCredit implements StreamHolder {
  readonly #context: StreamCreditContext;
  readonly #parts: StreamCreditParts;
  #open = 0;
  #read = 0;
  #isMoving = false;
  #release: Timer | undefined;

  constructor(context: StreamCreditContext, parts: StreamCreditParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The number of open streams. */
  get open(): number {
    return this.#open;
  }

  /** The number of open streams without a reader. */
  get stuck(): number {
    return this.#open - this.#read;
  }

  /** Counts a new stream, which is read until {@linkcode StreamCredit.leave}. */
  take(): InputOptions {
    this.#open++;
    this.#read++;
    if (!this.#parts.isWithRelay) this.#parts.budget.began(this);
    this.#check();
    const { connection, draft } = this.#context;
    return { codes: draft.streamCodes, stopsLate: !connection.canReset, onOver: this.#ended };
  }

  /** Notes that a stream has no reader any more. */
  leave(): void {
    this.#read--;
  }

  end(reason: string): void {
    this.#context.log.warn("session closed: too many open streams", { open: this.#open, reason });
    this.#parts.close("internal_error", reason);
  }

  /** Stops all timers; called when the session ends. */
  close(): void {
    this.#release?.cancel();
    this.#parts.budget.left(this);
  }

  readonly #ended = () => {
    this.#parts.budget.ended(this);
    this.#open--;
  };

  #check(): void {
    if (this.#isHalfStuck) this.#move();
    if (this.#isExhausted) this.#giveUpTrack();
  }

  get #isHalfStuck(): boolean {
    return this.stuck >= STUCK_STREAMS_SHARE * this.#context.settings.maxIncomingStreams;
  }

  /** Whether few streams can be opened and many open ones are stuck. */
  get #isExhausted(): boolean {
    const { maxIncomingStreams } = this.#context.settings;
    return this.#open >= OPEN_STREAMS_SHARE * maxIncomingStreams &&
      this.stuck >= maxIncomingStreams / 4;
  }

  #move(): void {
    if (this.#isMoving || this.#parts.isWithRelay || this.#context.role !== "server") return;
    this.#isMoving = true;
    this.#context.log.warn("asking the publisher for a new session", {
      reason: "it does not end the streams of its groups",
      open: this.#open,
      limit: this.#context.settings.maxIncomingStreams,
    });
    this.#parts.move();
  }

  /**
   * Ends a track: a peer that closes the streams of an ended subscription regains credit for
   * others.
   */
  #giveUpTrack(): void {
    if (this.#release !== undefined) return;
    const { clock, settings } = this.#context;
    const reason = `the publisher leaves its streams open: ${this.#open} of ` +
      `${settings.maxIncomingStreams} that it may have`;
    this.#parts.incoming.mostStopped()?.giveUp("streams_left_open", reason);
    this.#release = clock.after(STREAMS_RELEASE_MS, () => {
      this.#release = undefined;
      if (!this.#isHalfStuck) return;
      // A link carries other tracks, which can continue with the freed streams.
      if (this.#parts.isWithRelay) this.#giveUpTrack();
      else this.end(reason);
    });
  }
}
