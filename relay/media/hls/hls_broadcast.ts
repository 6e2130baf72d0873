import { type Clock, type Log } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import type { CatalogTrack, ReadCatalog } from "../catalog/catalog.ts";
import type { MediaCounts } from "../counts.ts";
import { MediaError } from "../errors.ts";
import {
  HLS_KEPT_SEGMENTS,
  HLS_PATIENCE_MS,
  LONGEST_SEGMENT,
  MAX_HLS_TRACKS,
  MAX_LOGGED_LOSSES,
  SHORT_SEGMENT,
} from "../limits.ts";
import { CatalogReading } from "../model/catalog_reading.ts";
import { trackOf } from "../model/names.ts";
import { entryTypeOf } from "../mp4/sample_entry.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import { PastTrack } from "./past_track.ts";
import { Rendition } from "./rendition.ts";
import { SegmentWindow } from "./segment_window.ts";
import type { HlsSettings } from "./settings.ts";
import { WallTimes } from "./wall_times.ts";

/** What a {@linkcode HlsBroadcast} is made of. */
export interface HlsBroadcastParts {
  readonly scope: Scope;
  readonly namespace: Namespace;
  readonly settings: HlsSettings;
  readonly budget: MemoryBudget;
  readonly counts: Pick<MediaCounts, "hlsLosses">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A track of a broadcast that somebody watches. */
export interface Watched {
  readonly rendition: Rendition;
  /** What is kept of it. */
  readonly past: PastTrack;
  /** What its files are named by: another one each time that the track is taken. */
  readonly epoch: string;
}

/** A broadcast for players of HLS: its catalog, and those of its tracks that are watched. */
export class HlsBroadcast {
  readonly #parts: HlsBroadcastParts;
  readonly #times: WallTimes;
  readonly #catalog: CatalogReading;
  readonly #watched = new Map<string, Watched & { asked: number }>();
  readonly #logged = new Set<string>();
  readonly #known = Promise.withResolvers<void>();
  #tracks: readonly CatalogTrack[] | undefined;
  #asked: number;
  #isOver = false;

  constructor(parts: HlsBroadcastParts) {
    this.#parts = parts;
    this.#times = new WallTimes(parts.clock);
    this.#asked = parts.clock.now();
    const { scope, namespace, clock } = parts;
    this.#catalog = new CatalogReading({
      scope,
      namespace,
      patience: HLS_PATIENCE_MS,
      clock,
      read: (catalog) => this.#take(catalog),
      malformed: (reason) => this.#lost("catalog", reason),
      gone: () => this.#gone(),
    });
  }

  /** Whether its publisher is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its tracks that players can have; undefined before its catalog came. */
  get tracks(): readonly CatalogTrack[] | undefined {
    return this.#tracks;
  }

  /** Resolves when its catalog has come, it is known that there is none, or the time is over. */
  async known(milliseconds: number): Promise<void> {
    this.#asked = this.#parts.clock.now();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#parts.clock.after(milliseconds, resolve);
    await Promise.race([this.#known.promise, late]);
    timer.cancel();
  }

  /** A track for somebody who watches it; undefined for one that it has not. */
  watch(name: string): Watched | undefined {
    const { clock } = this.#parts;
    this.#asked = clock.now();
    const known = this.#watched.get(name);
    if (known !== undefined) {
      known.asked = clock.now();
      return known;
    }
    const track = this.#tracks?.find((one) => one.name === name);
    if (this.#watched.size >= MAX_HLS_TRACKS) return undefined;
    const rendition = track && this.#open(track);
    if (rendition === undefined) return undefined;
    const epoch = Math.floor(clock.wall()).toString(36);
    const past = this.#pastOf(rendition, name);
    const watched = { rendition, past, epoch, asked: clock.now() };
    this.#watched.set(name, watched);
    void rendition.run();
    return watched;
  }

  #pastOf(rendition: Rendition, name: string): PastTrack {
    const { scope, namespace, settings: { segmentMs } } = this.#parts;
    const full = trackOf(namespace, name)!;
    return new PastTrack({
      kept: () => scope.keptOf(full),
      track: () => rendition.track,
      segment: segmentMs * 1000 * SHORT_SEGMENT,
    });
  }

  /** Leaves tracks that nobody asked for since a time; true when nobody asked for anything. */
  leaveIdle(since: number): boolean {
    for (const [name, { rendition, asked }] of this.#watched) {
      if (asked >= since) continue;
      this.#watched.delete(name);
      rendition.close();
    }
    return this.#asked < since;
  }

  close(): void {
    this.#catalog.close();
    for (const { rendition } of this.#watched.values()) rendition.close();
    this.#watched.clear();
    this.#known.resolve();
  }

  #take({ tracks, skipped }: ReadCatalog): void {
    if (skipped > 0) {
      this.#lost("track", "the catalog has tracks that are not understood", skipped);
    }
    this.#update(tracks.filter((track) => this.#isPlayable(track)));
  }

  #isPlayable({ config, elsewhere, name }: CatalogTrack): boolean {
    const reason = elsewhere !== undefined
      ? "it is in another broadcast"
      : entryTypeOf(config.codec) === undefined
      ? "MP4 has no such codec"
      : undefined;
    if (reason !== undefined) this.#lost("track", `${name} (${config.codec}): ${reason}`);
    return reason === undefined;
  }

  #update(tracks: readonly CatalogTrack[]): void {
    this.#tracks = tracks;
    for (const [name, { rendition }] of this.#watched) {
      const track = tracks.find((one) => one.name === name);
      try {
        if (track === undefined) rendition.leave();
        else rendition.update(track);
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
        this.#lost("track", `${name}: ${error.message}`);
      }
    }
    this.#known.resolve();
  }

  #gone(): void {
    this.#isOver = true;
    this.#known.resolve();
  }

  #open(track: CatalogTrack): Rendition | undefined {
    const { scope, namespace, settings, budget, clock } = this.#parts;
    const name = trackOf(namespace, track.name);
    if (name === undefined) return undefined;
    const { windowSegments, segmentMs, partMs } = settings;
    const kept = HLS_KEPT_SEGMENTS;
    const window = new SegmentWindow({ shown: windowSegments, kept, budget, clock });
    const segment = segmentMs * 1000;
    try {
      return new Rendition({
        scope,
        name,
        track,
        window,
        cutting: {
          part: partMs * 1000,
          segment: segment * SHORT_SEGMENT,
          longest: segment * LONGEST_SEGMENT,
        },
        times: this.#times,
        // Numbers go on ascending when a track is taken again.
        firstNumber: Math.floor(clock.wall() / segmentMs),
        clock,
        isLive: () => !this.#isOver,
        onMalformed: (reason) => this.#lost("object", `${track.name}: ${reason}`),
      });
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#lost("track", `${track.name}: ${error.message}`);
      return undefined;
    }
  }

  #lost(what: keyof MediaCounts["hlsLosses"], reason: string, count = 1): void {
    const { counts, log } = this.#parts;
    counts.hlsLosses[what] += count;
    if (this.#logged.has(reason) || this.#logged.size === MAX_LOGGED_LOSSES) return;
    this.#logged.add(reason);
    log.warn("left out of HLS", { what, reason });
  }
}
