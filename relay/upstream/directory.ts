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

/** Who announces what elsewhere: the sources are relays, or static origins. */
export class Directory {
  readonly #sources = new Map<string, Set<string>>();
  readonly #names = new Map<string, AnnouncedName>();
  readonly #listener: DirectoryListener;

  constructor(listener: DirectoryListener) {
    this.#listener = listener;
  }

  /** A source has something; texts that nobody can read are left out. */
  add(source: string, text: string): void {
    const known = this.#sources.get(text);
    if (known !== undefined) return void known.add(source);
    const name = parseAnnounce(text);
    if (!name.ok) return;
    this.#sources.set(text, new Set([source]));
    this.#names.set(text, name.value);
    this.#listener.appeared(name.value, text);
  }

  /** A source has something no more. */
  remove(source: string, text: string): void {
    const known = this.#sources.get(text);
    if (known === undefined || !known.delete(source) || known.size > 0) return;
    this.#sources.delete(text);
    this.#names.delete(text);
    this.#listener.vanished(text);
  }

  /** The names that somebody has, with their texts. */
  names(): Iterable<[text: string, name: AnnouncedName]> {
    return this.#names.entries();
  }

  /** Who has a track, or a namespace that it is in. */
  sourcesOf(track: RemoteTrack): ReadonlySet<string> {
    const found = new Set<string>();
    for (const text of announcesCovering(textOf(track))) {
      for (const source of this.#sources.get(text) ?? []) found.add(source);
    }
    return found;
  }
}

/** A track's text, as controllers and people read it. */
export function textOf({ scope, name }: RemoteTrack): string {
  return formatAnnounce({ scope, namespace: name.namespace, name: name.name });
}
