import type { Clock, Log } from "@qumo/shared/runtime";
import type { Session } from "./session/session.ts";
import type { ClientRedirect } from "./vocabulary.ts";

/** The dependencies of {@linkcode Overflow}. */
export interface OverflowParts {
  /** What the implementations of clients begin with that follow a redirect; `*`: all do. */
  readonly followers: readonly string[];
  /** How much of what it may take the relay has, from 0 to 1. */
  readonly fullness: () => number;
  /** The address of a relay with room; undefined when there is none. Never rejects. */
  readonly target: () => Promise<string | undefined>;
  readonly counts: Record<ClientRedirect, number>;
  readonly clock: Clock;
  readonly log: Log;
}

// As full as a relay is that a controller assigns to nobody.
const FULL = 0.9;

// A crowd that comes at once is told one answer of the controller.
const ANSWER_MS = 1_000;

/**
 * Sends clients that come while the relay is full to another one. Those that do not follow are
 * served: a client that is not known to follow would only lose what it came for.
 */
export class Overflow {
  readonly #parts: OverflowParts;
  #answer: Promise<string | undefined> | undefined;
  #askedAt = 0;

  constructor(parts: OverflowParts) {
    this.#parts = parts;
  }

  /** Meets a client's session that has begun. Never rejects. */
  async meet(session: Session): Promise<void> {
    const { followers, counts, log } = this.#parts;
    if (followers.length === 0) return;
    const established = await session.established;
    if (established === undefined || this.#parts.fullness() < FULL) return;
    const { relay, isOtherRelay, implementation = "" } = established.peer;
    if (relay !== undefined || isOtherRelay) return;
    if (!followers.some((one) => one === "*" || implementation.startsWith(one))) {
      counts.not_a_follower++;
      return;
    }
    const address = await this.#target();
    counts[address === undefined ? "nowhere" : "sent"]++;
    if (address === undefined) return;
    log.debug("full: the client is sent to another relay", { session: session.id, address });
    session.redirect(uriFor(address, session.connection.transport));
  }

  #target(): Promise<string | undefined> {
    const { clock, target } = this.#parts;
    const now = clock.now();
    if (this.#answer === undefined || now - this.#askedAt >= ANSWER_MS) {
      this.#answer = target();
      this.#askedAt = now;
    }
    return this.#answer;
  }
}

/** A relay's address as a URI for clients on this transport. */
export function uriFor(address: string, transport: Session["connection"]["transport"]): string {
  return address.replace(/^\w+:/, transport === "quic" ? "moqt:" : "https:");
}
