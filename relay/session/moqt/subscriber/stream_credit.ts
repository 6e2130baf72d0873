import type { Timer } from "@qumo/shared/runtime";
import type { SessionErrorName } from "@qumo/shared/wire";
import type { InputOptions } from "../../input.ts";
import { OPEN_STREAMS_SHARE, STREAMS_RELEASE_MS, STUCK_STREAMS_SHARE } from "../../limits.ts";
import type { TrackGivenUp } from "../../../vocabulary.ts";
import type { StreamBudget, StreamHolder } from "../../stream_budget.ts";
import { isRelay } from "../connection/relay_peer.ts";
import type { Role } from "../../session_options.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";

/** What {@linkcode StreamCredit} uses of its session. */
export type StreamCreditContext = Reporting & Timing & Wire & Parties & Configured & {
  readonly role: Role;
};

/** A track whose publisher does not end its streams. */
export interface StuckTrack {
  giveUp(why: TrackGivenUp, reason: string): void;
}

/** What {@linkcode StreamCredit} works with. */
export interface StreamCreditParts {
  /** Knows the track of which most streams were stopped because their group was over. */
  readonly incoming: { mostStopped(): StuckTrack | undefined };
  readonly budget: StreamBudget;
  /** Asks the peer to begin a new session and to leave this one. */
  readonly move: () => void;
  /** Ends the session. */
  readonly close: (code: SessionErrorName, reason: string) => void;
}

/**
 * The streams that a peer has open towards us, of which it may open so many. One that we stopped while
 * nothing came on it is stuck: it counts until something comes. A publisher that never ends its streams
 * would come to a halt without a word, so it is asked to move to a new session in time, and at the end
 * its tracks are given up.
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

  /** Streams that have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Of these, such as nobody reads any more. */
  get stuck(): number {
    return this.#open - this.#read;
  }

  /** A stream came, and is read until {@linkcode StreamCredit.leave}. */
  take(): InputOptions {
    this.#open++;
    this.#read++;
    if (!this.#isWithRelay) this.#parts.budget.began(this);
    this.#check();
    return { stopsLate: !this.#context.connection.canReset, onOver: this.#ended };
  }

  /** Nobody reads a stream any more. */
  leave(): void {
    this.#read--;
  }

  end(reason: string): void {
    this.#context.log.warn("session closed: too many open streams", { open: this.#open, reason });
    this.#parts.close("internal_error", reason);
  }

  /** The session ended. */
  close(): void {
    this.#release?.cancel();
    this.#parts.budget.left(this);
  }

  readonly #ended = () => {
    this.#parts.budget.ended(this);
    this.#open--;
  };

  get #isWithRelay(): boolean {
    return isRelay(this.#context.peer);
  }

  #check(): void {
    if (this.#isHalfStuck) this.#move();
    if (this.#isExhausted) this.#giveUpTrack();
  }

  get #isHalfStuck(): boolean {
    return this.stuck >= STUCK_STREAMS_SHARE * this.#context.settings.maxIncomingStreams;
  }

  /** Whether hardly any stream can be opened, and many of those that are open do nothing. */
  get #isExhausted(): boolean {
    const { maxIncomingStreams } = this.#context.settings;
    return this.#open >= OPEN_STREAMS_SHARE * maxIncomingStreams &&
      this.stuck >= maxIncomingStreams / 4;
  }

  #move(): void {
    if (this.#isMoving || this.#isWithRelay || this.#context.role !== "server") return;
    this.#isMoving = true;
    this.#context.log.warn("asking the publisher for a new session", {
      reason: "it does not end the streams of its groups",
      open: this.#open,
      limit: this.#context.settings.maxIncomingStreams,
    });
    this.#parts.move();
  }

  /** Peers that end the streams of a subscription that is over can go on with others. */
  #giveUpTrack(): void {
    if (this.#release !== undefined) return;
    const { clock, settings } = this.#context;
    const reason = `the publisher leaves its streams open: ${this.#open} of ` +
      `${settings.maxIncomingStreams} that it may have`;
    this.#parts.incoming.mostStopped()?.giveUp("streams_left_open", reason);
    this.#release = clock.after(STREAMS_RELEASE_MS, () => {
      this.#release = undefined;
      if (!this.#isHalfStuck) return;
      // A link has other tracks to carry, which may go on with what is left.
      if (this.#isWithRelay) this.#giveUpTrack();
      else this.end(reason);
    });
  }
}
