/** An object as a viewer had it. */
export interface Arrival {
  readonly group: number;
  readonly object: number;
  /** When it was sent and received, in milliseconds of one clock. */
  readonly sent: number;
  readonly received: number;
}

/** What came of the groups from one to another. */
export interface Verdict {
  readonly first: number;
  readonly last: number;
  /** Groups of which nothing came. */
  readonly missing: readonly number[];
  /** Groups of which something came and not all. */
  readonly cut: readonly number[];
  /** The longest run of groups that did not come whole. */
  readonly longestGapGroups: number;
  /** The longest time in which nothing new came. */
  readonly longestGapMs: number;
}

/** What one viewer received of one track, over all its subscriptions. */
export class Reception {
  readonly #groupObjects: number;
  readonly #groups = new Map<number, Set<number>>();
  // What came by the subscription that is open now.
  readonly #seen = new Set<string>();
  readonly #arrivals: Arrival[] = [];
  readonly #faults: string[] = [];

  constructor(groupObjects: number) {
    this.#groupObjects = groupObjects;
  }

  /** What must never happen: an object twice, say. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Objects that were new, in the order of arrival. */
  get arrivals(): readonly Arrival[] {
    return this.#arrivals;
  }

  /** The first group that came from its beginning, or the one after that in whose middle it joined. */
  get firstGroup(): number | undefined {
    const [group, objects] = [...this.#groups].sort(([one], [other]) => one - other)[0] ?? [];
    return objects?.has(0) === false ? group! + 1 : group;
  }

  /** Takes note of something else that must not happen. */
  fault(text: string): void {
    this.#faults.push(text);
  }

  /** The viewer subscribes anew: what it had may come again. */
  rejoin(): void {
    this.#seen.clear();
  }

  add(arrival: Arrival): void {
    const { group, object } = arrival;
    const name = `group ${group}: object ${object}`;
    if (this.#seen.has(name)) this.fault(`${name} came twice`);
    this.#seen.add(name);
    const objects = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, objects);
    if (objects.has(object)) return;
    objects.add(object);
    this.#arrivals.push(arrival);
  }

  /** Whether all of a group came. */
  isWhole(group: number): boolean {
    return this.#groups.get(group)?.size === this.#groupObjects;
  }

  /** The first group from this one on that is whole, of those that were begun. */
  firstWholeFrom(group: number): number | undefined {
    const newest = this.#arrivals.at(-1)?.group ?? -1;
    for (let found = group; found <= newest; found++) if (this.isWhole(found)) return found;
    return undefined;
  }

  /** The longest time in which nothing new came, since this time. */
  longestPauseSince(time: number): number {
    const next = this.#arrivals.findIndex(({ received }) => received >= time);
    return next === -1 ? 0 : longestPause(this.#arrivals.slice(Math.max(0, next - 1)));
  }

  /** What came of the groups from `first` to `last`. */
  verdict({ first, last }: { first: number; last: number }): Verdict {
    const missing: number[] = [];
    const cut: number[] = [];
    let run = 0;
    let longestGapGroups = 0;
    for (let group = first; group <= last; group++) {
      run = this.isWhole(group) ? 0 : run + 1;
      longestGapGroups = Math.max(longestGapGroups, run);
      if (!this.#groups.has(group)) missing.push(group);
      else if (run > 0) cut.push(group);
    }
    const longestGapMs = longestPause(
      this.#arrivals.filter(({ group }) => group >= first && group <= last),
    );
    return { first, last, missing, cut, longestGapGroups, longestGapMs };
  }
}

function longestPause(arrivals: readonly Arrival[]): number {
  let longest = 0;
  let before = arrivals[0]?.received ?? 0;
  for (const { received } of arrivals) {
    longest = Math.max(longest, received - before);
    before = received;
  }
  return longest;
}
