import type { Link } from "./link.ts";
import type { RemoteTrack } from "./directory.ts";

/** One way to a track. */
export interface Route {
  /** The neighbor that is asked. */
  readonly link: Link;
  /** The relay whose publisher it is, or the static origin. */
  readonly source: string;
}

/** Decides where a track is taken from. A relay without a controller has one as well. */
export interface Routes {
  /** The ways that can be taken now, the best first; none of them leads over `via`. */
  to(track: RemoteTrack, via: readonly string[]): readonly Route[];
  /** Whether anybody elsewhere but `via` may have it, whether there is a way or not. */
  isKnown(track: RemoteTrack, via: readonly string[]): boolean;
  /** Whether somebody has it to whom there has been no way for a while. */
  isOutOfReach(track: RemoteTrack): boolean;
}

/** Ways that cross no more than so many relays, as long as there are any. */
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

  /** The relay ends: there is no way any more, and nobody to wait for. */
  close(): void {
    this.#isClosed = true;
  }
}
