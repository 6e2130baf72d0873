import type { FullTrackName } from "@qumo/shared/wire";
import {
  type AnnouncedName,
  announcesCovering,
  formatAnnounce,
  parseAnnounce,
} from "@qumo/shared/topology";

/** A track of a scope, as relays speak of it. */
export interface RemoteTrack {
  readonly scope: string;
  readonly name: FullTrackName;
}

/** Told of names as the first of their sources comes and the last of them goes. */
export interface DirectoryListener {
  appeared(name: AnnouncedName, text: string): void;
  vanished(text: string): void;
}

interface Entry {
  readonly name: AnnouncedName;
  readonly sources: Set<string>;
  isShown: boolean;
}

/**
 * Who announces what elsewhere: the sources are relays, or static origins. A source that is out of
 * reach stays, and is not shown: it may be back with the same names in a moment.
 */
export class Directory {
  readonly #entries = new Map<string, Entry>();
  readonly #outOfReach = new Set<string>();
  readonly #listener: DirectoryListener;

  constructor(listener: DirectoryListener) {
    this.#listener = listener;
  }

  /** A source has something; texts that nobody can read are left out. */
  add(source: string, text: string): void {
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      const name = parseAnnounce(text);
      if (!name.ok) return;
      this.#entries.set(text, entry = { name: name.value, sources: new Set(), isShown: false });
    }
    entry.sources.add(source);
    this.#review(text, entry);
  }

  /** A source has something no more. */
  remove(source: string, text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined || !entry.sources.delete(source)) return;
    if (entry.sources.size === 0) this.#entries.delete(text);
    this.#review(text, entry);
  }

  /** Whether a source can be reached is different. Returns how many names it has. */
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

  /** The names that somebody has who can be reached, with their texts. */
  *names(): Iterable<[text: string, name: AnnouncedName]> {
    for (const [text, { name, isShown }] of this.#entries) if (isShown) yield [text, name];
  }

  /** Who has a track, or a namespace that it is in, and can be reached. */
  sourcesOf(track: RemoteTrack): ReadonlySet<string> {
    return this.#sourcesOf(track).difference(this.#outOfReach);
  }

  /** Whether somebody has a track who cannot be reached. */
  isOutOfReach(track: RemoteTrack): boolean {
    return this.#outOfReach.size > 0 && !this.#sourcesOf(track).isDisjointFrom(this.#outOfReach);
  }

  #sourcesOf(track: RemoteTrack): Set<string> {
    const found = new Set<string>();
    for (const text of announcesCovering(textOf(track))) {
      for (const source of this.#entries.get(text)?.sources ?? []) found.add(source);
    }
    return found;
  }

  #review(text: string, entry: Entry): void {
    const { name, sources } = entry;
    // One track that is offered would end for those who have it: they are held for as long as ever.
    const isShown = name.name === undefined
      ? !sources.isSubsetOf(this.#outOfReach)
      : sources.size > 0;
    if (isShown === entry.isShown) return;
    entry.isShown = isShown;
    if (isShown) this.#listener.appeared(name, text);
    else this.#listener.vanished(text);
  }
}

/** A track's text, as controllers and people read it. */
export function textOf({ scope, name }: RemoteTrack): string {
  return formatAnnounce({ scope, namespace: name.namespace, name: name.name });
}
