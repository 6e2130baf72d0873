import { announcesCovering } from "@qumo/shared/topology";
import type { Announce } from "./model.ts";
import { SortedStrings } from "./sorted_strings.ts";

/** The position after which a page of the directory starts. */
export interface DirectoryCursor {
  readonly track: string;
  readonly relay: string;
}

/** The index of announces: every announce of every living relay. */
export class Directory {
  readonly #byTrack = new Map<string, Map<string, Announce>>();
  readonly #tracks = new SortedStrings();
  #size = 0;
  #bytes = 0;

  /** The number of announces. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the texts of all announces. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an announce; replaces the same relay's announce of the same track. */
  add(announce: Announce): void {
    let relays = this.#byTrack.get(announce.track);
    if (relays === undefined) {
      this.#byTrack.set(announce.track, relays = new Map());
      this.#tracks.add(announce.track);
    }
    if (!relays.has(announce.relay)) {
      this.#size++;
      this.#bytes += announce.track.length;
    }
    relays.set(announce.relay, announce);
  }

  /** Removes a relay's announce of a track, if there is one. */
  remove(relay: string, track: string): void {
    const relays = this.#byTrack.get(track);
    if (relays === undefined || !relays.delete(relay)) return;
    this.#size--;
    this.#bytes -= track.length;
    if (relays.size > 0) return;
    this.#byTrack.delete(track);
    this.#tracks.delete(track);
  }

  /** Whether this relay, and no other one, announces exactly this track. */
  isOnlyAt(relay: string, track: string): boolean {
    const relays = this.#byTrack.get(track);
    return relays?.size === 1 && relays.has(relay);
  }

  /** The announces of exactly this track, by relay. */
  of(track: string): Announce[] {
    return [...this.#byTrack.get(track)?.values() ?? []].sort(byRelay);
  }

  /** The announces of the track and of every namespace above it, the longest first. */
  covering(track: string): Announce[] {
    return announcesCovering(track).flatMap((text) => this.of(text));
  }

  /** Up to `limit` announces at or below `prefix` (all for an empty one), by track and relay. */
  page(prefix: string, limit: number, after?: DirectoryCursor): Announce[] {
    const page: Announce[] = [];
    for (const track of this.#covered(prefix, after?.track)) {
      for (const announce of this.of(track)) {
        if (after !== undefined && track === after.track && announce.relay <= after.relay) continue;
        if (page.length === limit) return page;
        page.push(announce);
      }
    }
    return page;
  }

  *#covered(prefix: string, from?: string): Generator<string> {
    // Tracks below a prefix are contiguous in the order, but the prefix itself may lie apart from
    // them.
    const below = prefix === "" ? "" : `${prefix}/`;
    if (prefix !== "" && this.#byTrack.has(prefix) && (from ?? "") <= prefix) yield prefix;
    const start = from !== undefined && from > below ? from : below;
    for (const track of this.#tracks.from(start)) {
      if (!track.startsWith(below)) return;
      yield track;
    }
  }
}

function byRelay(a: Announce, b: Announce): number {
  return a.relay < b.relay ? -1 : 1;
}
