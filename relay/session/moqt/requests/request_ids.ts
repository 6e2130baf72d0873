import { SessionError } from "../../errors.ts";
import { MAX_REQUEST_ID_GAPS } from "../../limits.ts";
import type { Role } from "../../session_options.ts";

/** The request ids that a peer has used. */
export type PeerIds = Pick<RequestIds, "accept" | "hasCome">;

/**
 * The request ids of both sides (#request-id): 0, 2, 4 … of the client, 1, 3, 5 … of the server.
 */
export class RequestIds {
  #nextOwn: bigint;
  // Every id of the peer below this was used, and those in the set.
  #peerFloor: bigint;
  readonly #peerAbove = new Set<bigint>();

  constructor(role: Role) {
    this.#nextOwn = role === "client" ? 0n : 1n;
    this.#peerFloor = role === "client" ? 1n : 0n;
  }

  /** The id of our next request. */
  next(): bigint {
    const id = this.#nextOwn;
    this.#nextOwn += 2n;
    return id;
  }

  /** The smallest id that the peer has not used. */
  get peerNext(): bigint {
    return this.#peerFloor;
  }

  /** Registers the id of a peer's request; streams may arrive out of order. */
  accept(id: bigint): void {
    if (id % 2n !== this.#peerFloor % 2n) {
      throw new SessionError("invalid_request_id", `Request id ${id} is not the peer's`);
    }
    if (id < this.#peerFloor || this.#peerAbove.has(id)) {
      throw new SessionError("invalid_request_id", `Request id ${id} was used before`);
    }
    this.#peerAbove.add(id);
    while (this.#peerAbove.delete(this.#peerFloor)) this.#peerFloor += 2n;
    if (this.#peerAbove.size > MAX_REQUEST_ID_GAPS) {
      throw new SessionError("invalid_request_id", "Request ids skip too many numbers");
    }
  }

  /** Whether a request of the peer with this id has arrived. */
  hasCome(id: bigint): boolean {
    return id % 2n !== this.#peerFloor % 2n || id < this.#peerFloor || this.#peerAbove.has(id);
  }

  /** Whether an id has the parity of our own requests. */
  isOwn(id: bigint): boolean {
    return id % 2n === this.#nextOwn % 2n;
  }
}
