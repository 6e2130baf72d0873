import { announcesCovering } from "@qumo/shared/topology";
import type { Announce } from "./model.ts";
import { SortedStrings } from "./sorted_strings.ts";

/** Where a listing goes on: after this entry. */
export interface DirectoryCursor {
  readonly track: string;
  readonly relay: string;
}

/** Who has which track: every announce of every relay that lives. */
export class Directory {
  readonly #byTrack = new Map<string, Map<string, Announce>>();
  readonly #tracks = new SortedStrings();
  #size = 0;
  #bytes = 0;

  /** How many announces it holds. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the texts of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an announce, or replaces the one that the same relay made of the same track. */
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

  /** The announces of exactly this track, by the relays' names. */
  of(track: string): Announce[] {
    return [...this.#byTrack.get(track)?.values() ?? []].sort(byRelay);
  }

  /** The announces of the track and of every namespace above it, the closest first. */
  covering(track: string): Announce[] {
    return announcesCovering(track).flatMap((text) => this.of(text));
  }

  /** Up to `limit` announces at or below `prefix` (all of them when it is empty), by track and relay. */
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
    // What lies below a prefix is one run in the order, but the prefix itself may stand apart from it.
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
