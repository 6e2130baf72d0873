import type { Directory, RemoteTrack } from "./directory.ts";
import type { Links } from "./links.ts";
import type { Route, Routes } from "./routes.ts";

/** The configured origins, in order; those that announced a track go first. */
export class StaticRoutes implements Routes {
  readonly #origins: readonly string[];
  readonly #directory: Directory;
  readonly #links: Links;

  constructor(origins: readonly string[], directory: Directory, links: Links) {
    this.#origins = origins;
    this.#directory = directory;
    this.#links = links;
  }

  to(track: RemoteTrack, via: readonly string[]): readonly Route[] {
    const announced = this.#directory.sourcesOf(track);
    const usable = this.#origins.flatMap((source): Route[] => {
      const link = this.#links.get(source);
      const isUsable = link.state !== "dialing" &&
        !via.includes(link.peerName ?? source) && link.serves(track.scope);
      return isUsable ? [{ link, source }] : [];
    });
    const rank = ({ source, link }: Route) =>
      (announced.has(source) ? 0 : 1) + (link.state === "up" ? 0 : 2);
    return usable.sort((a, b) => rank(a) - rank(b));
  }

  /** The announces of an origin end with its link, so none is ever unreachable. */
  isOutOfReach(): boolean {
    return false;
  }

  /** An origin may have tracks that it did not announce. */
  isKnown(_track: RemoteTrack, via: readonly string[]): boolean {
    return this.#origins.some((source) =>
      !via.includes(this.#links.get(source).peerName ?? source)
    );
  }
}
