import { MAX_SOURCES, REDUNDANT_LAG_GROUPS, REDUNDANT_SILENCE_MS } from "../limits.ts";

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

/** Who has brought what of a track. */
export class Sources {
  /** The largest group of each. */
  readonly #largest = new Map<string, bigint>();
  #began = 0;

  /** How many times a source began to bring something. */
  get began(): number {
    return this.#began;
  }

  /** A source brought something of this group. */
  note({ token }: Source, group: bigint): void {
    const largest = this.#largest.get(token);
    if (largest !== undefined && group <= largest) return;
    if (largest === undefined) {
      this.#began++;
      if (this.#largest.size === MAX_SOURCES) this.#forgetOldest();
    }
    this.#largest.set(token, group);
  }

  #forgetOldest(): void {
    const [oldest] = this.#largest.keys();
    this.#largest.delete(oldest!);
  }

  /** Whether this source brought anything. */
  has({ token }: Source): boolean {
    return this.#largest.has(token);
  }

  /** Whether anybody else did. */
  hasOther({ token }: Source): boolean {
    return this.#largest.size > (this.#largest.has(token) ? 1 : 0);
  }

  /**
   * Whether a group that is not here lies so far behind what others brought that its source must count
   * in another way. Nothing has come for `silence` milliseconds.
   */
  isBehind({ token }: Source, group: bigint, silence: number): boolean {
    const own = this.#largest.get(token);
    // A stream of an old group may come late.
    if (own !== undefined && own > group) return false;
    let largest = -1n;
    for (const [other, theirs] of this.#largest) {
      if (other !== token && theirs > largest) largest = theirs;
    }
    if (group >= largest) return false;
    return silence > REDUNDANT_SILENCE_MS || largest - group > REDUNDANT_LAG_GROUPS;
  }
}
