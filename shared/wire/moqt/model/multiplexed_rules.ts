/** How the requests of a draft go over the one control stream, as far as drafts differ in it. */
export interface MultiplexedRules {
  /** Whether an update is answered. */
  readonly answersUpdates: boolean;
  /**
   * Where requests for what is under a prefix go. "stream": on a stream of their own, on which NAMESPACE
   * and NAMESPACE_DONE follow. "control": on the control stream like all others, and what is under the
   * prefix comes as PUBLISH_NAMESPACE and PUBLISH requests.
   */
  readonly prefixes: "stream" | "control";
  /** The types of the track properties that it has words for; undefined: all. */
  readonly trackProperties?: ReadonlySet<bigint>;
}
