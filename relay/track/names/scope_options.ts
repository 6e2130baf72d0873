import type { Clock } from "@qumo/shared/runtime";
import type { Location, Namespace } from "@qumo/shared/wire";
import type { LocalWatcher } from "./advertisements.ts";
import type { Cache } from "../objects/cache.ts";
import type { Replacement } from "../sources/replacement.ts";
import type { ReplacementPolicy } from "../../vocabulary.ts";

/** Settings of a {@linkcode Scope}. */
export interface ScopeOptions {
  /** The path that its sessions connect to. */
  readonly path: string;
  readonly clock: Clock;
  readonly cache: Cache;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** Tracks at a time; a request for one more is refused. */
  readonly maxTracks: number;
  /** Gives out the numbers of tracks, which no two tracks of the relay share. */
  readonly nextTrackNumber: () => bigint;
  /** Who keeps a track of a namespace where publishers disagree. */
  readonly policyOf: (namespace: Namespace) => ReplacementPolicy;
  /** Told of every takeover; `isNew` for the first between these publishers. */
  readonly onReplaced: (replacement: Replacement, isNew: boolean) => void;
  /** Told of each fetch that joins an equal one. */
  readonly onFetchShared?: () => void;
  /** Told of what is published here. */
  readonly local?: LocalWatcher;
}

/** What a subscriber asks of a track before it can have it. */
export interface OpenOptions {
  /** Milliseconds to wait for a publisher where there is none. */
  readonly rendezvous: number;
  readonly forward: boolean;
  readonly newGroupRequest?: bigint;
  /** The subscriber wants what there is of the track already, not only what is new. */
  readonly past?: boolean;
  /** What the subscriber misses, where it had the track from another relay before. */
  readonly from?: Location;
  /** Relays that the request came by: the track must not come by them. */
  readonly via?: readonly string[];
  /** The trace that the request belongs to, in words that only those who trace understand. */
  readonly trace?: string;
  /** Aborted when the subscriber no longer wants it. */
  readonly signal: AbortSignal;
}
