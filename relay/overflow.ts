import type { Clock, Log } from "@qumo/shared/runtime";
import type { Session } from "./session/session.ts";
import type { ClientRedirect } from "./vocabulary/mod.ts";

/** A relay that clients may be sent to. */
export interface RedirectTarget {
  /** Its URL, with the mark of an assigned client, so that it sends nobody on who would have room. */
  readonly url: string;
  /** Whether it is another member of this relay's machine. */
  readonly isSibling: boolean;
  /** Its CPU utilization, 0 to 1. */
  readonly cpu: number;
}

/** The dependencies of {@linkcode Overflow}. */
export interface OverflowParts {
  /** What the implementations of clients begin with that follow a redirect; `*`: all do. */
  readonly followers: readonly string[];
  /** Whether the relay is a member of a machine. */
  readonly isMember: boolean;
  /** How much of what it may take the relay has, from 0 to 1. */
  readonly fullness: () => number;
  /** A relay with room; undefined when there is none. Never rejects. */
  readonly target: () => Promise<RedirectTarget | undefined>;
  readonly counts: Record<ClientRedirect, number>;
  readonly clock: Clock;
  readonly log: Log;
}

// As full as a relay is that a controller assigns to nobody.
const FULL = 0.9;

// As full as a relay is to which a controller gathers no more of a track's viewers.
const GATHERED = 0.7;

// A crowd that comes at once is told one answer of the controller.
const ANSWER_MS = 1_000;

/**
 * Sends clients that come while the relay is full to another one. Before that, a member of a machine
 * sends those on that no controller assigned to it: a track's viewers gather where one assigned
 * them, and others make room. Clients that do not follow are served: one that is not known to
 * follow would only lose what it came for.
 */
export class Overflow {
  readonly #parts: OverflowParts;
  #answer: Promise<RedirectTarget | undefined> | undefined;
  #askedAt = 0;

  constructor(parts: OverflowParts) {
    this.#parts = parts;
  }

  /** Meets a client's session that has begun. Never rejects. */
  async meet(session: Session): Promise<void> {
    const { followers, isMember, fullness, counts, log } = this.#parts;
    if (followers.length === 0) return;
    const established = await session.established;
    const load = fullness();
    if (established === undefined || load < (isMember ? GATHERED : FULL)) return;
    const isFull = load >= FULL;
    const { relay, isOtherRelay, isAssigned, implementation = "" } = established.peer;
    if (relay !== undefined || isOtherRelay || isAssigned && !isFull) return;
    if (!followers.some((one) => one === "*" || implementation.startsWith(one))) {
      if (isFull) counts.not_a_follower++;
      return;
    }
    const target = await this.#target();
    if (!isFull && !hasRoom(target)) return;
    counts[target === undefined ? "nowhere" : isFull ? "sent" : "unassigned"]++;
    if (target === undefined) return;
    const { url } = target;
    log.debug("the client is sent to another relay", { session: session.id, url, load });
    session.redirect(uriFor(url, session.connection.transport));
  }

  #target(): Promise<RedirectTarget | undefined> {
    const { clock, target } = this.#parts;
    const now = clock.now();
    if (this.#answer === undefined || now - this.#askedAt >= ANSWER_MS) {
      this.#answer = target();
      this.#askedAt = now;
    }
    return this.#answer;
  }
}

/** Whether a target is a sibling that has room for those who need not be here. */
function hasRoom(target: RedirectTarget | undefined): boolean {
  return target !== undefined && target.isSibling && target.cpu < GATHERED;
}

/** A relay's address as a URI for clients on this transport. */
export function uriFor(address: string, transport: Session["connection"]["transport"]): string {
  return address.replace(/^\w+:/, transport === "quic" ? "moqt:" : "https:");
}
