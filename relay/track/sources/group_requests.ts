import type { Track } from "../objects/track.ts";

/**
 * The requests for new groups of one track (#new-group-request): a request that is covered by an
 * outstanding one is not forwarded.
 */
export class GroupRequests {
  readonly #track: Track;
  #outstanding: { readonly value: bigint; largest: bigint | undefined } | undefined;

  constructor(track: Track) {
    this.#track = track;
  }

  /** Adds a request; returns whether it must be forwarded. */
  add(value: bigint): boolean {
    const largest = this.#track.largest?.group;
    if (!this.#track.properties.dynamicGroups) return false;
    if (value !== 0n && largest !== undefined && value <= largest) return false;
    const outstanding = this.#outstanding?.largest === largest ? this.#outstanding : undefined;
    if (outstanding !== undefined && outstanding.value >= value) return false;
    this.#outstanding = { value, largest };
    return true;
  }

  /** A subscription to a publisher contained a request. */
  asked(value: bigint): void {
    this.#outstanding = { value, largest: this.#track.largest?.group };
  }

  /** A publisher accepted a subscription: the largest group in its answer fulfills no request. */
  agreed(): void {
    if (this.#outstanding !== undefined) this.#outstanding.largest ??= this.#track.largest?.group;
  }
}
