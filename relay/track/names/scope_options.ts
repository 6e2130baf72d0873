import type { Clock } from "@qumo/shared/runtime";
import type { Location, Namespace } from "@qumo/shared/wire";
import type { LocalListener } from "./namespace_listener.ts";
import type { Archive } from "../sources/archive.ts";
import type { Cache } from "../objects/cache.ts";
import type { Replacement } from "../sources/replacement.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

/** Options of a {@linkcode Scope}. */
export interface ScopeOptions {
  /** The path of its sessions. */
  readonly path: string;
  readonly clock: Clock;
  readonly cache: Cache;
  /** Where groups are kept that the cache lets go; undefined: nowhere. */
  readonly archive?: Archive | undefined;
  /** Milliseconds for which a track is kept after its last subscriber left. */
  readonly linger: number;
  /** Tracks in use; a request for one more is refused. */
  readonly maxTracks: number;
  /** Assigns the numbers of tracks, unique within the relay. */
  readonly nextTrackNumber: () => bigint;
  /** The replacement policy of a namespace. */
  readonly policyOf: (namespace: Namespace) => ReplacementPolicy;
  /** Called for each takeover; `isNew` for the first between these publishers. */
  readonly onReplaced: (replacement: Replacement, isNew: boolean) => void;
  /** Called for each fetch that joins an equal one. */
  readonly onFetchShared?: () => void;
  /** Notified of what is published at this relay. */
  readonly local?: LocalListener;
}

/** Options of a request for a track. */
export interface OpenOptions {
  /** Milliseconds to wait for a publisher when there is none. */
  readonly rendezvous: number;
  readonly forward: boolean;
  readonly newGroupRequest?: bigint;
  /** Whether past objects are wanted, not only new ones. */
  readonly past?: boolean;
  /** The first missing location, when the track came from another relay before. */
  readonly from?: Location;
  /** The relays that the request passed: the track must not come through them. */
  readonly via?: readonly string[];
  /** The trace context of the request, opaque to the model. */
  readonly trace?: string;
  /** Aborted when the subscriber cancels. */
  readonly signal: AbortSignal;
}
