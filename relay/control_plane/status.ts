import type { InterestCounts } from "./interests.ts";

/** The state of the connection to the controller. */
export interface ControlPlaneStatus {
  /** The URL of the controller in use. */
  readonly url: string;
  /** The revision of the mirror; 0 before the first snapshot. */
  readonly revision: number;
  /** Milliseconds since the last message of the controller; undefined before the first one. */
  readonly ageMs: number | undefined;
  /**
   * Whether the mirror is stale: `ageMs` is above `sdn.stale_after_ms`, or no snapshot has come
   * yet.
   */
  readonly isStale: boolean;
  /** Milliseconds since a heartbeat was last accepted; undefined before the first one. */
  readonly heartbeatAgeMs: number | undefined;
  /** Why this relay is not registered now, as a sentence; undefined while it is. */
  readonly problem: string | undefined;
  /** The code of `problem`: the controller's refusal code, or `unreachable`. */
  readonly problemCode: string | undefined;
  /** Whether the controller is an older program without `GET /watch`, which has to be polled. */
  readonly isOutdated: boolean;
  /** Whether an older process claims this relay's name as well. */
  readonly hasRival: boolean;
  /** Number of heartbeats and event streams that have failed. */
  readonly failures: number;
  /** What is followed of the announces; undefined where the mirror always has all. */
  readonly interests: InterestStatus | undefined;
}

/** The announces that the mirror has. */
export interface InterestStatus {
  readonly follows: "all" | "interests";
  /** Number of interests: namespaces and prefixes that sessions ask for. */
  readonly count: number;
  readonly counts: Readonly<InterestCounts>;
}
