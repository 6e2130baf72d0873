import type { Link } from "./link.ts";
import type { RemoteTrack } from "./directory.ts";

/** One way to a track. */
export interface Route {
  /** The neighbour that is asked. */
  readonly link: Link;
  /** The relay whose publisher it is, or the static origin. */
  readonly source: string;
}

/** Decides where a track is taken from. A relay without a controller has one as well. */
export interface Routes {
  /** The ways that can be taken now, the best first; none of them leads over `via`. */
  to(track: RemoteTrack, via: readonly string[]): readonly Route[];
  /** Whether anybody elsewhere may have it, whether there is a way or not. */
  isKnown(track: RemoteTrack): boolean;
}
