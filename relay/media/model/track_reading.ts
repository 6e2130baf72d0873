import { type Clock, sleep, type Timer } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import { backfill, type OpenTrack, type Scope, type Track } from "../../track/mod.ts";
import { GROUP_PATIENCE_MS, RETRY_TRACK_MS } from "../limits.ts";
import { Arrivals } from "./arrivals.ts";
import { GroupReading } from "./group_reading.ts";
import type { ReadObject } from "./read_object.ts";

/** Takes what a {@linkcode TrackReading} reads. Calls are synchronous and must not throw. */
export interface TrackSink {
  /** The next object, in the order of groups and ids. */
  object(object: ReadObject): void;
  /** Objects are missing before the next one. */
  missed(): void;
  /** The track ended, or its publisher left; another one is waited for. */
  interrupted(): void;
  /** Nobody delivers the track, or no longer: nothing more comes. */
  ended(): void;
}

/** What is read, and how. */
export interface TrackReadingOptions {
  readonly scope: Scope;
  readonly name: FullTrackName;
  /** Only the newest group matters, as in a catalog. */
  readonly newestOnly?: boolean;
  /** How long a publisher is waited for when there is none, in milliseconds. */
  readonly patience: number;
  /** Whether a track that nobody delivers is asked for again; absent: it is over. */
  readonly goesOn?: () => boolean;
  readonly clock: Clock;
  readonly sink: TrackSink;
}

/** Subscribes to a track, from the start of its current group on, until it is closed. */
export class TrackReading {
  readonly #options: TrackReadingOptions;
  readonly #left = new AbortController();

  constructor(options: TrackReadingOptions) {
    this.#options = options;
  }

  /** Reads until the track is over; never rejects. */
  async run(): Promise<void> {
    const { scope, name, patience, sink, clock, goesOn = () => false } = this.#options;
    const { signal } = this.#left;
    let place: Place | undefined;
    for (let times = 0; !signal.aborted; times++) {
      const opened = await scope.open(name, {
        rendezvous: times === 0 ? 0 : patience,
        forward: true,
        past: true,
        signal,
      });
      if (!opened.ok) {
        if (signal.aborted || !goesOn()) break;
        await sleep(clock, RETRY_TRACK_MS, signal);
        continue;
      }
      if (times > 0) sink.interrupted();
      const filling = new AbortController();
      void backfill(opened.value, { clock, signal: filling.signal }).catch(() => {});
      place = await this.#read(opened.value, place);
      filling.abort();
      opened.value.demand.release();
    }
    if (signal.aborted) return;
    if (place !== undefined && place.object > 0) sink.missed();
    sink.ended();
  }

  /** Unsubscribes. */
  close(): void {
    this.#left.abort();
  }

  /** Reads on from a place in the same track; resolves with the place where the track was lost. */
  async #read({ track }: OpenTrack, place: Place | undefined): Promise<Place | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#left;
    const pass = new Pass(track, this.#options, place);
    const arrivals = new Arrivals(track, () => {
      if (!pass.go()) resolve();
    });
    const leave = () => resolve();
    signal.addEventListener("abort", leave);
    await promise;
    signal.removeEventListener("abort", leave);
    arrivals.close();
    pass.close();
    return track.endReason?.kind === "lost" ? pass.place ?? place : undefined;
  }
}

/** What is read next: the object of a group. */
interface Place {
  readonly group: bigint;
  readonly object: number;
}

/** The largest id of a group. */
const LAST_GROUP = 2n ** 62n - 1n;

/** One pass over the groups of a track. */
class Pass {
  readonly #track: Track;
  readonly #options: TrackReadingOptions;
  #reading: GroupReading | undefined;
  #last = -1n;
  #waiting: Timer | undefined;
  #from: Place | undefined;

  /** `from` is what comes next, unless the track begins anew. */
  constructor(track: Track, options: TrackReadingOptions, from: Place | undefined) {
    this.#track = track;
    this.#options = options;
    this.#from = from;
  }

  /** What would be read next; undefined when nothing has come. */
  get place(): Place | undefined {
    if (this.#reading !== undefined) {
      return { group: this.#reading.id, object: this.#reading.position };
    }
    return this.#last < 0n ? undefined : { group: this.#last + 1n, object: 0 };
  }

  /** Reads what is there; false when the track is over. */
  go(): boolean {
    this.#waiting?.cancel();
    this.#waiting = undefined;
    // A track that is lost has nothing any more: the rest of its group may come by the next one.
    if (this.#track.endReason?.kind === "lost") return false;
    while (this.#step());
    return this.#track.endReason === undefined;
  }

  close(): void {
    this.#waiting?.cancel();
  }

  /** Reads up to the end of a group; false when it has to wait. */
  #step(): boolean {
    const { sink } = this.#options;
    const reading = this.#choose();
    if (reading === undefined) return false;
    for (;;) {
      const next = reading.next();
      if (next.kind === "object") {
        sink.object(next.object);
        continue;
      }
      const later = this.#later(reading.id);
      if (next.kind === "over") {
        if (!next.isWhole) sink.missed();
        this.#last = reading.id;
        this.#reading = undefined;
        return later !== undefined;
      }
      if (later !== undefined) this.#waitFor(reading);
      return false;
    }
  }

  #choose(): GroupReading | undefined {
    const newest = this.#track.largest?.group;
    if (this.#options.newestOnly === true && newest !== undefined && newest > this.#last) {
      if (this.#reading === undefined || this.#reading.id < newest) {
        this.#reading = new GroupReading(this.#track, newest);
      }
    }
    if (this.#reading !== undefined) return this.#reading;
    if (newest !== undefined && this.#from !== undefined) return this.#goOn(newest, this.#from);
    const group = this.#last < 0n ? newest : this.#later(this.#last);
    if (group === undefined) return undefined;
    return this.#reading = new GroupReading(this.#track, group);
  }

  /** Begins where the track was lost, or with the first group that is there behind that. */
  #goOn(newest: bigint, { group, object }: Place): GroupReading | undefined {
    this.#from = undefined;
    const isAnew = newest < group - 1n;
    const isThere = newest <= group || this.#track.group(group) !== undefined;
    if (isThere && !isAnew) return this.#reading = new GroupReading(this.#track, group, object);
    // The rest of the group did not come.
    if (object > 0) this.#options.sink.missed();
    if (!isAnew) this.#last = group;
    return this.#choose();
  }

  #later(group: bigint): bigint | undefined {
    return this.#track.groupsBetween(group + 1n, LAST_GROUP)[0]?.id;
  }

  /** The rest of a group that others have followed is given up after a while. */
  #waitFor(reading: GroupReading): void {
    this.#waiting = this.#options.clock.after(GROUP_PATIENCE_MS, () => {
      if (this.#reading !== reading) return;
      this.#options.sink.missed();
      this.#last = reading.id;
      this.#reading = undefined;
      this.go();
    });
  }
}
