import {
  MAX_SOURCES,
  REDUNDANT_LAG_GROUPS,
  REDUNDANT_LAG_OBJECTS,
  REDUNDANT_SILENCE_MS,
} from "../limits.ts";

/**
 * The origin of a track's objects: one publisher session's claim to the track, at any relay of the
 * mesh. Objects of one source that arrive on several paths are the same track; those of two sources
 * may be.
 */
export interface Source {
  /** Identifies the claim, on every path. */
  readonly token: string;
  /** The start of the publisher's session, in milliseconds since 1970. */
  readonly since: number;
  /**
   * The session's number at its relay: of two sessions with the same start the larger is the later.
   */
  readonly session: number;
}

/** Parses a token. A malformed one is older than all others. */
export function sourceOf(token: string): Source {
  const [since = "", session = ""] = token.split(".");
  return { token, since: Number(since) || 0, session: Number(session) || 0 };
}

/** The token of a claim; `claim` distinguishes those of one session. */
export function tokenOf(
  session: { readonly since: number; readonly id: number; readonly relay: string },
  claim: number,
): string {
  return `${session.since}.${session.id}.${claim}.${session.relay}`;
}

/** Whether one source's session started later than another's. */
export function isNewer(one: Source, other: Source): boolean {
  return one.since !== other.since ? one.since > other.since : one.session > other.session;
}

/** The largest location of a source. */
export interface Reached {
  group: bigint;
  object: number;
}

/** Raises `reached` to this location. */
export function reach(reached: Reached, group: bigint, object: number): void {
  if (group < reached.group || group === reached.group && object <= reached.object) return;
  reached.group = group;
  reached.object = object;
}

/** What is known of a source. */
interface Known extends Reached {
  /** Tokens of sources that delivered an identical object. */
  readonly agrees: Set<string>;
}

/** The sources that have delivered objects of a track. */
export class Sources {
  /** The largest location of each, by token. */
  readonly #reached = new Map<string, Known>();
  #began = 0;

  /** The number of times that a source started to deliver. */
  get began(): number {
    return this.#began;
  }

  /** Notes an object of a source. The result records further objects. */
  note({ token }: Source, group: bigint, object: number): Reached {
    const known = this.#reached.get(token);
    if (known !== undefined) {
      reach(known, group, object);
      return known;
    }
    this.#began++;
    if (this.#reached.size === MAX_SOURCES) this.#forgetOldest();
    const reached = { group, object, agrees: new Set<string>() };
    this.#reached.set(token, reached);
    return reached;
  }

  #forgetOldest(): void {
    const [oldest] = this.#reached.keys();
    this.#reached.delete(oldest!);
    for (const { agrees } of this.#reached.values()) agrees.delete(oldest!);
  }

  /** Records that two sources delivered the same object, so that they are the same track. */
  agree(one: string, other: string): void {
    const [a, b] = [this.#reached.get(one), this.#reached.get(other)];
    if (one === other || a === undefined || b === undefined) return;
    a.agrees.add(other);
    b.agrees.add(one);
  }

  /** Whether this source has delivered anything. */
  has({ token }: Source): boolean {
    return this.#reached.has(token);
  }

  /** Whether any other source has. */
  hasOther({ token }: Source): boolean {
    return this.#reached.size > (this.#reached.has(token) ? 1 : 0);
  }

  /**
   * The largest location of the sources that deliver the same track as `leading`: a source that is
   * far ahead in its group, and never delivered an object that `leading` did, does not count.
   * Undefined when no other source matters, or `leading` is ahead.
   */
  reachedWith({ token }: Source): Reached | undefined {
    const leading = this.#reached.get(token);
    if (leading === undefined || this.#reached.size === 1) return undefined;
    let furthest = leading;
    for (const [name, other] of this.#reached) {
      const groups = other.group - leading.group;
      if (groups > REDUNDANT_LAG_GROUPS) return undefined;
      const base = groups === 0n ? leading.object : 0;
      const isInStep = leading.agrees.has(name) ||
        groups >= 0n && other.object - base <= REDUNDANT_LAG_OBJECTS;
      const isAhead = other.group > furthest.group ||
        other.group === furthest.group && other.object > furthest.object;
      if (isInStep && isAhead) furthest = other;
    }
    return furthest;
  }

  /**
   * Whether a new group lies so far behind those of other sources that its source must number
   * groups differently. `silence` is the time in milliseconds since anything arrived.
   */
  isBehind({ token }: Source, group: bigint, silence: number): boolean {
    const own = this.#reached.get(token)?.group;
    // A stream of an older group of the same source may be late.
    if (own !== undefined && own > group) return false;
    let largest = -1n;
    for (const [other, theirs] of this.#reached) {
      if (other !== token && theirs.group > largest) largest = theirs.group;
    }
    if (group >= largest) return false;
    return silence > REDUNDANT_SILENCE_MS || largest - group > REDUNDANT_LAG_GROUPS;
  }
}
