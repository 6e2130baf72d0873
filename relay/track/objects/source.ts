import {
  MAX_SOURCES,
  REDUNDANT_LAG_GROUPS,
  REDUNDANT_LAG_OBJECTS,
  REDUNDANT_SILENCE_MS,
} from "../limits.ts";

/**
 * Who brings objects of a track: one session's claim to it, wherever in the mesh that session is. What
 * comes by several ways from one source is the same track; what comes from two sources may be.
 */
export interface Source {
  /** The same for everything that a claim brings, by whatever way. */
  readonly token: string;
  /** When the session began that makes the claim, in milliseconds since 1970. */
  readonly since: number;
  /** The session's number at its relay: of two that began at the same time the larger is the later. */
  readonly session: number;
}

/** The source that a token stands for. A token that says nothing is older than all others. */
export function sourceOf(token: string): Source {
  const [since = "", session = ""] = token.split(".");
  return { token, since: Number(since) || 0, session: Number(session) || 0 };
}

/** The token of a claim: `claim` tells those of one session apart. */
export function tokenOf(
  session: { readonly since: number; readonly id: number; readonly relay: string },
  claim: number,
): string {
  return `${session.since}.${session.id}.${claim}.${session.relay}`;
}

/** Whether the session behind one source began later than that behind another. */
export function isNewer(one: Source, other: Source): boolean {
  return one.since !== other.since ? one.since > other.since : one.session > other.session;
}

/** The largest object that there is of somebody's. */
export interface Reached {
  group: bigint;
  object: number;
}

/** An object of this location is there. */
export function reach(reached: Reached, group: bigint, object: number): void {
  if (group < reached.group || group === reached.group && object <= reached.object) return;
  reached.group = group;
  reached.object = object;
}

/** What is known of a source. */
interface Known extends Reached {
  /** Tokens of others that brought objects which it brought too, byte for byte. */
  readonly agrees: Set<string>;
}

/** Who has brought what of a track. */
export class Sources {
  /** How far each is. */
  readonly #reached = new Map<string, Known>();
  #began = 0;

  /** How many times a source began to bring something. */
  get began(): number {
    return this.#began;
  }

  /** A source brought an object. The result takes note of what more it brings. */
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

  /** Two sources, by their tokens, brought the same object: what they bring is the same track. */
  agree(one: string, other: string): void {
    const [a, b] = [this.#reached.get(one), this.#reached.get(other)];
    if (one === other || a === undefined || b === undefined) return;
    a.agrees.add(other);
    b.agrees.add(one);
  }

  /** Whether this source brought anything. */
  has({ token }: Source): boolean {
    return this.#reached.has(token);
  }

  /** Whether anybody else did. */
  hasOther({ token }: Source): boolean {
    return this.#reached.size > (this.#reached.has(token) ? 1 : 0);
  }

  /**
   * How far those are who bring the same as `leading`, as far as it can be the same: whoever is much
   * further ahead in its group, and never brought an object that `leading` brought, does not count.
   * Undefined where nobody disagrees, or `leading` is behind.
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
   * Whether a group that is not here lies so far behind what others brought that its source must count
   * in another way. Nothing has come for `silence` milliseconds.
   */
  isBehind({ token }: Source, group: bigint, silence: number): boolean {
    const own = this.#reached.get(token)?.group;
    // A stream of an old group may come late.
    if (own !== undefined && own > group) return false;
    let largest = -1n;
    for (const [other, theirs] of this.#reached) {
      if (other !== token && theirs.group > largest) largest = theirs.group;
    }
    if (group >= largest) return false;
    return silence > REDUNDANT_SILENCE_MS || largest - group > REDUNDANT_LAG_GROUPS;
  }
}
