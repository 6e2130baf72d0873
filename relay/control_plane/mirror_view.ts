/** A relay as the controller knows it. Relays that never registered are left out. */
export interface MirroredRelay {
  readonly name: string;
  readonly region: string;
  /** The URL at which other relays reach this one; empty if they cannot. */
  readonly address: string;
  readonly certificateSha256: string | undefined;
  /** The epoch of its process, where the controller said it. */
  readonly epoch?: number | undefined;
  /** A draining relay keeps its current tracks and gets no new ones. */
  readonly state: "alive" | "draining";
}

/** A row of this relay's routing table: the next hop for one target. */
export interface NextHopLine {
  readonly nextHop: string;
  /** The next hop of the alternate route, which does not share the first link. */
  readonly alternate: string | undefined;
  readonly cost: number;
}

/** Notified of changes in the mirror. Calls are synchronous and must not throw. */
export interface MirrorListener {
  /** `relay` has a new announce. */
  announced(relay: string, text: string): void;
  /** `relay` has withdrawn an announce. */
  withdrawn(relay: string, text: string): void;
  /** Relays or next hops have changed; called once for each event. */
  changed(): void;
}

/** Read access to the mirror. While no controller answers, it stays as it was. */
export interface MirrorView {
  /** The controller's revision of this state; 0 before the first snapshot. */
  readonly revision: number;
  /** Whether a snapshot has been received at least once. */
  readonly isComplete: boolean;
  /** Whether an event stream is being followed now. */
  readonly isFollowed: boolean;
  relay(name: string): MirroredRelay | undefined;
  /** The names of the other relays that are registered. */
  names(): Iterable<string>;
  /** The next hop and the alternate for `target`. */
  nextHop(target: string): NextHopLine | undefined;
  /** The other relays that have announces. */
  sources(): Iterable<string>;
  /** The announces of another relay, as canonical texts. */
  announcesOf(relay: string): ReadonlySet<string>;
  /** The announces of all other relays. */
  announces(): Iterable<{ relay: string; text: string }>;
  /** Notifies `listener` of changes until the returned function is called. */
  watch(listener: MirrorListener): () => void;
}
