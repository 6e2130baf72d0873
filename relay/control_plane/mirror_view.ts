/** A relay as the controller knows it. Who is only named as somebody's neighbor is not among them. */
export interface MirroredRelay {
  readonly name: string;
  readonly region: string;
  /** Its URL for other relays; empty when it cannot be called. */
  readonly address: string;
  readonly certificateSha256: string | undefined;
  /** The epoch of its process, where the controller said it. */
  readonly epoch?: number | undefined;
  /** A draining one carries what it carries, and should be given nothing new. */
  readonly state: "alive" | "draining";
}

/** Where this relay sends what is meant for another one. */
export interface NextHopLine {
  readonly nextHop: string;
  /** The neighbor to take when the first one fails: a way that does not begin with the same link. */
  readonly alternate: string | undefined;
  readonly cost: number;
}

/** Told of what becomes different in the mirror. Calls are synchronous and must not throw. */
export interface MirrorListener {
  /** Another relay has something now. */
  announced(relay: string, text: string): void;
  /** Another relay has something no more. */
  withdrawn(relay: string, text: string): void;
  /** Relays or next hops are different, after a whole event was applied. */
  changed(): void;
}

/** What is known of the other relays. While no controller answers it stays as it was. */
export interface MirrorView {
  /** The controller's revision that this is of; 0 before the first snapshot. */
  readonly revision: number;
  /** Whether a snapshot came at least once. */
  readonly isComplete: boolean;
  /** Whether a controller says what changes, now. */
  readonly isFollowed: boolean;
  relay(name: string): MirroredRelay | undefined;
  /** The names of the other relays that are registered. */
  names(): Iterable<string>;
  /** Where to send what is meant for `target`. */
  nextHop(target: string): NextHopLine | undefined;
  /** The other relays that have something. */
  sources(): Iterable<string>;
  /** What another relay has, as canonical texts. */
  announcesOf(relay: string): ReadonlySet<string>;
  /** What all other relays have. */
  announces(): Iterable<{ relay: string; text: string }>;
  /** Tells the listener from now on, until the returned function is called. */
  watch(listener: MirrorListener): () => void;
}
