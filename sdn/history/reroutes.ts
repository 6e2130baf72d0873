import type { Flow } from "@qumo/shared/topology";

/**
 * Counts tracks that a relay takes from another neighbor than before. One that is away for less than
 * a sample and comes back from another neighbor was rerouted, too.
 */
export class Reroutes {
  /** The neighbor that each relay takes each track from. */
  readonly #hops = new Map<string, Map<string, string>>();
  /** Relays of which a track may have ended since the last sample. */
  readonly #changed = new Set<string>();
  #relays = new Map<string, number>();
  #tracks = new Map<string, number>();

  /** Takes a relay's new list. */
  take(relay: string, flows: readonly Flow[]): void {
    const hops = this.#hops.get(relay) ?? new Map<string, string>();
    this.#hops.set(relay, hops);
    this.#changed.add(relay);
    for (const { track, next_hop: hop } of flows) {
      const before = hops.get(track);
      hops.set(track, hop);
      if (before === undefined || before === hop) continue;
      this.#relays.set(relay, this.ofRelay(relay) + 1);
      this.#tracks.set(track, this.ofTrack(track) + 1);
    }
  }

  /** Reroutes of tracks that a relay takes, since the last sample. */
  ofRelay(relay: string): number {
    return this.#relays.get(relay) ?? 0;
  }

  /** Reroutes of a track at all relays, since the last sample. */
  ofTrack(track: string): number {
    return this.#tracks.get(track) ?? 0;
  }

  /** All of them since the last sample. */
  get sum(): number {
    return this.#relays.values().reduce((sum, count) => sum + count, 0);
  }

  /** Begins the next sample: forgets what is taken no more. */
  reset(flows: ReadonlyMap<string, readonly Flow[]>): void {
    this.#relays = new Map();
    this.#tracks = new Map();
    for (const relay of this.#changed) {
      const own = flows.get(relay);
      if (own === undefined) this.#hops.delete(relay);
      else this.#hops.set(relay, new Map(own.map(({ track, next_hop: hop }) => [track, hop])));
    }
    this.#changed.clear();
  }
}
