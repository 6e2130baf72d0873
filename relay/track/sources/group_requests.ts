import type { Track } from "../objects/track.ts";

/**
 * What subscribers asked a track's publishers to begin (#new-group-request): who asks for what was
 * asked for already is no reason to ask again.
 */
export class GroupRequests {
  readonly #track: Track;
  #outstanding: { readonly value: bigint; largest: bigint | undefined } | undefined;

  constructor(track: Track) {
    this.#track = track;
  }

  /** Takes note of a wish; whether it is to be passed on. */
  add(value: bigint): boolean {
    const largest = this.#track.largest?.group;
    if (!this.#track.properties.dynamicGroups) return false;
    if (value !== 0n && largest !== undefined && value <= largest) return false;
    const outstanding = this.#outstanding?.largest === largest ? this.#outstanding : undefined;
    if (outstanding !== undefined && outstanding.value >= value) return false;
    this.#outstanding = { value, largest };
    return true;
  }

  /** A publisher was told of a wish when it was asked for the track. */
  asked(value: bigint): void {
    this.#outstanding = { value, largest: this.#track.largest?.group };
  }

  /** A publisher agreed: what it says it has published is no answer to a wish for something new. */
  agreed(): void {
    if (this.#outstanding !== undefined) this.#outstanding.largest ??= this.#track.largest?.group;
  }
}
