import type { Link } from "./link.ts";
import type { RemoteTrack } from "./directory.ts";

/** A route to a track. */
export interface Route {
  /** The link to the next hop. */
  readonly link: Link;
  /** The relay that has the publisher, or the static origin. */
  readonly source: string;
}

/** Chooses routes for tracks: those of the controller, or static ones. */
export interface Routes {
  /** The usable routes, the best first; none goes through the relays in `via`. */
  to(track: RemoteTrack, via: readonly string[]): readonly Route[];
  /** Whether a relay that is not in `via` may have the track, with or without a route to it. */
  isKnown(track: RemoteTrack, via: readonly string[]): boolean;
  /** Whether an unreachable relay has the track. */
  isOutOfReach(track: RemoteTrack): boolean;
}

/** Routes up to a number of relays on the path, until the relay shuts down. */
export class LimitedRoutes implements Routes {
  readonly #routes: Routes;
  readonly #maxHops: number;
  #isClosed = false;

  constructor(routes: Routes, maxHops: number) {
    this.#routes = routes;
    this.#maxHops = maxHops;
  }

  to(track: RemoteTrack, via: readonly string[]): readonly Route[] {
    return this.#isClosed || via.length >= this.#maxHops ? [] : this.#routes.to(track, via);
  }

  isKnown(track: RemoteTrack, via: readonly string[]): boolean {
    return !this.#isClosed && this.#routes.isKnown(track, via);
  }

  isOutOfReach(track: RemoteTrack): boolean {
    return this.#routes.isOutOfReach(track);
  }

  /** The relay is shutting down: there are no routes any more. */
  close(): void {
    this.#isClosed = true;
  }
}
