import type { FullTrackName } from "@qumo/shared/wire";
import { compareRoutes, DIRECT, type RouteTold } from "../track/mod.ts";
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

/**
 * The announces of other relays and static origins, by name. The names of an unreachable source are
 * kept and hidden, because it may be back with the same names in a moment.
 */
export class Directory {
  readonly #entries = new Map<string, Entry>();
  readonly #outOfReach = new Set<string>();
  readonly #listener: DirectoryListener;
  readonly #preferred: readonly string[];

  /** `preferred` are sources that are asked first, in order. */
  constructor(listener: DirectoryListener, preferred: readonly string[] = []) {
    this.#listener = listener;
    this.#preferred = preferred;
  }

  /** Adds an announce of a source, or changes its route; malformed texts are ignored. */
  add(source: string, text: string, told: RouteTold = DIRECT): void {
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      const name = parseAnnounce(text);
      if (!name.ok) return;
      this.#entries.set(text, entry = { name: name.value, sources: new Map(), shown: undefined });
    }
    entry.sources.set(source, told);
    this.#review(text, entry);
  }

  /** Removes an announce of a source. */
  remove(source: string, text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined || !entry.sources.delete(source)) return;
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
      for (const source of this.#entries.get(text)?.sources.keys() ?? []) found.add(source);
    }
    return found;
  }

  #review(text: string, entry: Entry): void {
    const { name } = entry;
    const told = this.#toldOf(entry);
    if (told === entry.shown) return;
    entry.shown = told;
    if (told === undefined) this.#listener.vanished(text);
    else this.#listener.appeared(name, text, told);
  }

  /** The route of the best source; undefined when none can be shown. */
  #toldOf({ name, sources }: Entry): RouteTold | undefined {
    // Hiding a single offered track would end its subscriptions, so only namespaces are hidden.
    const shown = [...sources].filter(([source]) =>
      name.name !== undefined || !this.#outOfReach.has(source)
    );
    const rank = (source: string) => this.#preferred.indexOf(source);
    const [best] = shown.sort(([a, one], [b, other]) =>
      rank(a) - rank(b) || compareRoutes(one, other)
    );
    return best?.[1];
  }
}

/** A track's text, as controllers and people read it. */
export function textOf({ scope, name }: RemoteTrack): string {
  return formatAnnounce({ scope, namespace: name.namespace, name: name.name });
}
