import type { RelayCounts } from "../counts.ts";
import type { EncoderView, RouteView } from "../views.ts";
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

/** The rows of a list to read: at most `limit`, from index `offset`. */
export interface RowRange {
  readonly offset: number;
  readonly limit: number;
}

/** The rows of a list that were read, and the number of all its rows. */
export interface Rows<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/**
 * The state and the counts of a relay at one moment. Each part is read only on request. All are plain
 * data, so that a reading can come from another process or thread.
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
  /** The counts since the start. */
  readonly counts: RelayCounts;
  readonly now: RelaySnapshot;
  /** An upper estimate of the bytes that peers have sent and the relay has not read. */
  readonly unreadBytes: number;
  /** Undefined for a relay that is alone. */
  readonly mesh: MeshView | undefined;
  readonly routes: readonly RouteView[];
  /** The longest-living first, like every list here. */
  readonly sessions: Rows<SessionView>;
  readonly encoders: Rows<EncoderView>;
  readonly tracks: Rows<TrackView>;
  readonly namespaces: Rows<NamespaceView>;
}

/** A part of a {@linkcode RelayReading}. */
export type Part = keyof RelayReading;

/** Reads parts of a relay. Of lists it reads the rows in `range`: none by default. */
export type Read = <P extends Part>(
  parts: readonly P[],
  range?: RowRange,
) => Promise<Pick<RelayReading, P>>;
