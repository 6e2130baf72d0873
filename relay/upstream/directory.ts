import type { FullTrackName } from "@qumo/shared/wire";
import { compareRoutes, DIRECT, type RouteTold } from "../track/mod.ts";
import { passedOnOf } from "./passed_on.ts";
import {
  type AnnouncedName,
  announcesCovering,
  formatAnnounce,
  parseAnnounce,
} from "@qumo/shared/topology";

/** A track and its scope, as it is requested from other relays. */
export interface RemoteTrack {
  readonly scope: string;
  readonly name: FullTrackName;
}

/** Notified when a name gets its first reachable source and when it loses its last one. */
export interface DirectoryListener {
  /** `told` is what the best of its sources says of the route; called again when that changes. */
  appeared(name: AnnouncedName, text: string, told: RouteTold): void;
  vanished(text: string): void;
}

interface Entry {
  readonly name: AnnouncedName;
  readonly sources: Map<string, RouteTold>;
  /** What is shown of it, if it is. */
  shown: RouteTold | undefined;
}

/** Options of {@linkcode Directory}. */
export interface DirectoryOptions {
  /** This relay's id among relays of other programs. */
  readonly hop: bigint;
  /** Sources that are asked first, in order. */
  readonly preferred: readonly string[];
}

/**
 * The announces of other relays and static origins, by name. The names of an unreachable source are
 * kept and hidden, because it may be back with the same names in a moment.
 */
export class Directory {
  readonly #entries = new Map<string, Entry>();
  readonly #outOfReach = new Set<string>();
  readonly #listener: DirectoryListener;
  readonly #options: DirectoryOptions;
  // By source, and by the text of what it passes on.
  readonly #passedOn = new Map<string, Map<string, RouteTold>>();

  constructor(listener: DirectoryListener, options: DirectoryOptions) {
    this.#listener = listener;
    this.#options = options;
  }

  /** Adds an announce of a source, or changes its route; malformed texts are ignored. */
  add(source: string, text: string, told: RouteTold = DIRECT): void {
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      const name = parseAnnounce(text);
      if (!name.ok) return;
      const passedOn = passedOnOf(name.value);
      if (passedOn !== undefined) return this.#note(source, passedOn.text, passedOn.told);
      this.#entries.set(text, entry = { name: name.value, sources: new Map(), shown: undefined });
    }
    entry.sources.set(source, told);
    this.#review(text, entry);
  }

  /** Removes an announce of a source. */
  remove(source: string, text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined) return this.#forget(source, text);
    if (!entry.sources.delete(source)) return;
    if (entry.sources.size === 0) this.#entries.delete(text);
    this.#review(text, entry);
  }

  /** Sets whether a source is reachable. Returns the number of its names. */
  setReach(source: string, isReached: boolean): number {
    if (isReached) this.#outOfReach.delete(source);
    else this.#outOfReach.add(source);
    let count = 0;
    for (const [text, entry] of this.#entries) {
      if (!entry.sources.has(source)) continue;
      count++;
      this.#review(text, entry);
    }
    return count;
  }

  /** The names of reachable sources, with their texts. */
  *names(): Iterable<[text: string, name: AnnouncedName, told: RouteTold]> {
    for (const [text, { name, shown }] of this.#entries) {
      if (shown !== undefined) yield [text, name, shown];
    }
  }

  /** The reachable sources that announced a track or a namespace above it. */
  sourcesOf(track: RemoteTrack): ReadonlySet<string> {
    return this.#sourcesOf(track).difference(this.#outOfReach);
  }

  /** Whether an unreachable source has a track. */
  isOutOfReach(track: RemoteTrack): boolean {
    return this.#outOfReach.size > 0 && !this.#sourcesOf(track).isDisjointFrom(this.#outOfReach);
  }

  #sourcesOf(track: RemoteTrack): Set<string> {
    const found = new Set<string>();
    for (const text of announcesCovering(textOf(track))) {
      for (const [source, told] of this.#entries.get(text)?.sources ?? []) {
        if (!this.#leadsBack(source, text, told)) found.add(source);
      }
    }
    return found;
  }

  #review(text: string, entry: Entry): void {
    const { name } = entry;
    const told = this.#toldOf(text, entry);
    if (told === entry.shown) return;
    entry.shown = told;
    if (told === undefined) this.#listener.vanished(text);
    else this.#listener.appeared(name, text, told);
  }

  #routeBy(source: string, text: string, told: RouteTold): RouteTold {
    return this.#passedOn.get(source)?.get(text) ?? told;
  }

  /** Whether a source has from this relay what it announces, by relays of other programs. */
  #leadsBack(source: string, text: string, told: RouteTold): boolean {
    return this.#routeBy(source, text, told).hops.includes(this.#options.hop);
  }

  /** A source passes on what another of its announces says. */
  #note(source: string, text: string, told: RouteTold): void {
    const ofSource = this.#passedOn.get(source) ?? new Map<string, RouteTold>();
    this.#passedOn.set(source, ofSource.set(text, told));
    this.#reviewText(text);
  }

  #forget(source: string, text: string): void {
    const name = parseAnnounce(text);
    const passedOn = name.ok ? passedOnOf(name.value) : undefined;
    if (passedOn === undefined) return;
    const ofSource = this.#passedOn.get(source);
    // It may have been told anew before.
    const isSame = isSameRoute(ofSource?.get(passedOn.text), passedOn.told);
    if (!isSame) return;
    ofSource!.delete(passedOn.text);
    if (ofSource!.size === 0) this.#passedOn.delete(source);
    // The namespace may be withdrawn in the same moment.
    queueMicrotask(() => this.#reviewText(passedOn.text));
  }

  #reviewText(text: string): void {
    const entry = this.#entries.get(text);
    if (entry !== undefined) this.#review(text, entry);
  }

  /** The route of the best source; undefined when none can be shown. */
  #toldOf(text: string, { name, sources }: Entry): RouteTold | undefined {
    // Hiding a single offered track would end its subscriptions, so only namespaces are hidden.
    const shown = [...sources]
      .filter(([source]) => name.name !== undefined || !this.#outOfReach.has(source))
      .filter(([source, told]) => !this.#leadsBack(source, text, told))
      .map(([source, told]) => ({
        rank: this.#options.preferred.indexOf(source),
        told: this.#routeBy(source, text, told),
      }));
    const [best] = shown.sort((a, b) => a.rank - b.rank || compareRoutes(a.told, b.told));
    return best?.told;
  }
}

function isSameRoute(one: RouteTold | undefined, other: RouteTold): boolean {
  return one !== undefined && one.cost.cold === other.cost.cold &&
    one.hops.join() === other.hops.join();
}

/** A track's text, as controllers and people read it. */
export function textOf({ scope, name }: RemoteTrack): string {
  return formatAnnounce({ scope, namespace: name.namespace, name: name.name });
}
