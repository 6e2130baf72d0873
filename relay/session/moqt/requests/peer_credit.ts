import { SessionError } from "../../errors.ts";
import { REQUEST_CREDIT_SHARE } from "../../limits.ts";
import type { Role } from "../../session_options.ts";

/** The dependencies of {@linkcode PeerCredit}. */
export interface PeerCreditParts {
  /** Our role. */
  readonly role: Role;
  /** Requests that the peer may have at a time. */
  readonly requests: number;
  /** Whether all of its requests come on one stream, so that none can overtake another. */
  readonly inOrder: boolean;
  /** Says the new limit to the peer. */
  readonly allow: (limit: bigint) => void;
}

/** The limit that a peer is told of in SETUP (#max-request-id). */
export function firstLimit(role: Role, requests: number): bigint {
  return (role === "server" ? 0n : 1n) + 2n * BigInt(requests);
}

/**
 * The peer's requests where they have ids that count: how many it may begin in all, which grows as
 * requests end, and the order of their ids (#request-id).
 */
export class PeerCredit {
  readonly #parts: PeerCreditParts;
  readonly #step: bigint;
  #next: bigint;
  #limit: bigint;
  // What the limit would be with all that has ended.
  #due: bigint;

  constructor(parts: PeerCreditParts) {
    const { role, requests } = parts;
    this.#parts = parts;
    this.#step = 2n * BigInt(Math.max(1, Math.floor(requests * REQUEST_CREDIT_SHARE)));
    this.#next = firstLimit(role, 0);
    this.#limit = this.#due = firstLimit(role, requests);
  }

  /** A request or an update of the peer. */
  accept(id: bigint): void {
    if (id >= this.#limit) {
      throw new SessionError("too_many_requests", `Request id ${id} is not below ${this.#limit}`);
    }
    const isNext = id === this.#next;
    if (id % 2n !== this.#next % 2n || this.#parts.inOrder && !isNext) {
      throw new SessionError("invalid_request_id", `Request id ${id}, and not ${this.#next}`);
    }
    if (id >= this.#next) this.#next = id + 2n;
  }

  /** Whether the peer may have used an id. */
  mayHaveUsed(id: bigint): boolean {
    return id % 2n === this.#next % 2n && id < this.#next;
  }

  /** One of them is over. */
  ended(): void {
    this.#due += 2n;
    if (this.#due - this.#limit >= this.#step) this.#allow();
  }

  /** The peer says that it would begin more (#message-requests-blocked). */
  blocked(): void {
    if (this.#due > this.#limit) this.#allow();
  }

  #allow(): void {
    this.#limit = this.#due;
    this.#parts.allow(this.#limit);
  }
}
