import type { Track } from "../objects/track.ts";
import type { Feeds } from "./feeds.ts";

/** A track and its feeds. */
export interface TrackEntry {
  /** The path that the sessions of its scope connect to. */
  readonly path: string;
  /** The time of its first use, in the clock's milliseconds. */
  readonly since: number;
  readonly track: Track;
  readonly feeds: Feeds;
}
