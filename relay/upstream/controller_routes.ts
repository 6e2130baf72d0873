import type { MirrorView } from "../control_plane/mod.ts";
import type { Directory, RemoteTrack } from "./directory.ts";
import type { Links } from "./links.ts";
import type { Route, Routes } from "./routes.ts";

interface Candidate extends Route {
  readonly cost: number;
  /** Lower is better: first the controller's route, then its alternate. */
  readonly rank: number;
}

/**
 * Routes from the next hops in the mirror: no request to the controller is needed when a track is
 * wanted, and the alternate is used when a link breaks before the controller knows.
 */
export class ControllerRoutes implements Routes {
  readonly #mirror: MirrorView;
  readonly #directory: Directory;
  readonly #links: Links;

  constructor(mirror: MirrorView, directory: Directory, links: Links) {
    this.#mirror = mirror;
    this.#directory = directory;
    this.#links = links;
  }

  to(track: RemoteTrack, via: readonly string[]): readonly Route[] {
    const candidates: Candidate[] = [];
    for (const source of this.#directory.sourcesOf(track)) {
      if (via.includes(source)) continue;
      const line = this.#mirror.nextHop(source);
      if (line === undefined) continue;
      const { nextHop, alternate, cost } = line;
      for (const [rank, hop] of [nextHop, alternate].entries()) {
        const link = hop === undefined || via.includes(hop) ? undefined : this.#links.get(hop);
        if (link === undefined) continue;
        const penalty = PENALTIES[link.state];
        if (penalty !== undefined) candidates.push({ link, source, cost, rank: rank + penalty });
      }
    }
    return candidates.sort((a, b) =>
      a.rank - b.rank || a.cost - b.cost || (a.source < b.source ? -1 : 1)
    );
  }

  /**
   * Whether there is a route to a relay, by the mirror and the state of the local links. A route
   * over a link that was never needed counts.
   */
  hasRoute(source: string): boolean {
    const { nextHop, alternate } = this.#mirror.nextHop(source) ?? {};
    return [nextHop, alternate].some((hop) =>
      hop !== undefined && this.#links.find(hop)?.state !== "dialing"
    );
  }

  isOutOfReach(track: RemoteTrack): boolean {
    return this.#directory.isOutOfReach(track);
  }

  isKnown(track: RemoteTrack, via: readonly string[]): boolean {
    return [...this.#directory.sourcesOf(track)].some((source) => !via.includes(source));
  }
}

// A held link is better than none; a link without a session cannot be used.
const PENALTIES: Readonly<Record<string, number | undefined>> = { up: 0, held: 2, leaving: 4 };
