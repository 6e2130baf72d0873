import type { RelayCounts } from "../counts.ts";
import type { RouteView } from "../views.ts";
import type { Condition } from "./conditions.ts";
import type {
  CertificateView,
  MeshView,
  NamespaceView,
  ProcessView,
  RelaySnapshot,
  RelayState,
  SessionView,
  TrackView,
} from "./snapshot.ts";

/** Which rows of a list are read: at most so many, after the first few. */
export interface RowRange {
  readonly offset: number;
  readonly limit: number;
}

/** The rows of a list that were read, and how many it has. */
export interface Rows<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/**
 * What a relay shows of itself at one moment, in parts that are read when they are asked for. It is
 * data and nothing else, so that it may come from another process or thread.
 */
export interface RelayReading {
  readonly state: RelayState;
  /** Milliseconds since the relay began to serve. */
  readonly uptimeMs: number;
  readonly address: string;
  readonly certificate: CertificateView;
  /** Why the relay is not ready, as a word; undefined when it is. */
  readonly unready: string | undefined;
  /** The current conditions: what is wrong although the relay serves. */
  readonly conditions: readonly Condition[];
  readonly process: ProcessView;
  readonly counts: RelayCounts;
  readonly now: RelaySnapshot;
  /** An upper estimate of the bytes that peers have sent and the relay has not read. */
  readonly unreadBytes: number;
  /** Undefined for a relay that is alone. */
  readonly mesh: MeshView | undefined;
  readonly routes: readonly RouteView[];
  /** The longest-living first, like every list here. */
  readonly sessions: Rows<SessionView>;
  readonly tracks: Rows<TrackView>;
  readonly namespaces: Rows<NamespaceView>;
}

/** A part of a {@linkcode RelayReading}. */
export type Part = keyof RelayReading;

/** Reads these parts of a relay; of a list of rows those in the range, and none without one. */
export type Read = <P extends Part>(
  parts: readonly P[],
  range?: RowRange,
) => Promise<Pick<RelayReading, P>>;
