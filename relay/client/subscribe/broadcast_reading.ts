import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { CatalogTrack } from "../../media/catalog/catalog.ts";
import { MediaError } from "../../media/errors.ts";
import { SampleReading } from "../../media/hls/sample_reading.ts";
import { CatalogReading } from "../../media/model/catalog_reading.ts";
import { trackOf } from "../../media/model/names.ts";
import { entryTypeOf } from "../../media/mp4/sample_entry.ts";
import type { Scope } from "../../track/mod.ts";
import { CATALOG_MS, FIRST_SAMPLE_MS, GONE_MS } from "./limits.ts";
import { Mp4Output } from "./mp4_output.ts";
import type { Reception } from "./reception.ts";

/** What a broadcast is read with. */
export interface BroadcastReadingOptions {
  readonly scope: Scope;
  readonly namespace: Namespace;
  readonly clock: Clock;
  readonly reception: Reception;
  /** Whether a broadcast that nobody publishes is waited for. */
  readonly waits: boolean;
  /** Whether the relay is away, or has only come back, so that everything may come again. */
  readonly isAway: () => boolean;
  /** Takes the bytes of the MP4; false when they are left out. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** Says something to people. */
  readonly say: (text: string) => void;
}

/** Reads the catalog of a broadcast, and then its tracks as an MP4. */
export class BroadcastReading {
  readonly #options: BroadcastReadingOptions;
  readonly #readings: SampleReading[] = [];
  readonly #catalog: CatalogReading;
  readonly #known = Promise.withResolvers<Outcome<readonly CatalogTrack[], string>>();
  readonly #over = Promise.withResolvers<void>();
  #tracks: readonly CatalogTrack[] = [];
  #left = 0;
  #isLive = true;

  constructor(options: BroadcastReadingOptions) {
    const { scope, namespace, clock, waits, isAway, say } = options;
    this.#options = options;
    this.#catalog = new CatalogReading({
      scope,
      namespace,
      patience: CATALOG_MS,
      goesOn: () => this.#isLive && (isAway() || waits && this.#tracks.length === 0),
      clock,
      read: ({ tracks }) => {
        this.#tracks = tracks;
        this.#known.resolve(done(tracks));
        for (const reading of this.#readings) this.#update(reading, tracks);
      },
      malformed: (reason) => say(`The catalog is not understood: ${reason}`),
      gone: () => {
        this.#isLive = false;
        this.#known.resolve(refused("nobody publishes a catalog of hang or MSF there"));
      },
    });
  }

  /** Resolves with the tracks of the catalog, or with why there are none. */
  get known(): Promise<Outcome<readonly CatalogTrack[], string>> {
    return this.#known.promise;
  }

  /** Resolves when all tracks that are played have ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Plays these tracks of the catalog. Throws a MediaError for what MP4 cannot have. */
  play(tracks: readonly CatalogTrack[]): void {
    const { write, clock } = this.#options;
    const output = new Mp4Output(tracks.map(({ config }) => config.kind), write);
    this.#left = tracks.length;
    for (const [index, track] of tracks.entries()) this.#play(output, index, track);
    const late = clock.after(FIRST_SAMPLE_MS, () => output.begin());
    void this.#over.promise.then(() => late.cancel());
  }

  close(): void {
    this.#isLive = false;
    this.#catalog.close();
    for (const reading of this.#readings) reading.close();
    this.#over.resolve();
  }

  #play(output: Mp4Output, index: number, track: CatalogTrack): void {
    const { scope, namespace, clock, reception, waits, isAway, say } = this.#options;
    const name = trackOf(namespace, track.name);
    if (name === undefined) throw new MediaError(`${track.name} is no name of a track`);
    const reading: SampleReading = new SampleReading({
      scope,
      name,
      track,
      clock,
      isLive: () => this.#isLive && (waits || isAway() || reception.quietMs < GONE_MS),
      sink: {
        config: (config) => {
          if (!output.configure(index, config)) {
            say(`${track.name} goes on as another ${config.codec}, which the MP4 does not say`);
          }
        },
        came: (timestamp, object) => {
          reception.object(track.name, object);
          reception.frame(timestamp);
        },
        sample: (sample) => {
          if (!output.add(index, sample)) reception.leftOut();
        },
        missed: () => reception.missed(),
        interrupted: () => {},
        malformed: (reason) => say(`${track.name}: ${reason}`),
        ended: () => {
          if (--this.#left === 0) {
            output.begin();
            this.#over.resolve();
          }
        },
      },
    });
    this.#readings.push(reading);
    void reading.run();
  }

  #update(reading: SampleReading, tracks: readonly CatalogTrack[]): void {
    const track = tracks.find(({ name }) => name === reading.track.name);
    try {
      if (track !== undefined) reading.update(track);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#options.say(`${reading.track.name}: ${error.message}`);
    }
  }
}

/** The best track of each kind that an MP4 can have. */
export function chosenTracks(tracks: readonly CatalogTrack[]): readonly CatalogTrack[] {
  const kinds = ["video", "audio"] as const;
  return kinds.flatMap((kind) => {
    const found = tracks.filter((track) => track.config.kind === kind && isPlayable(track));
    return found.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, 1);
  });
}

/** Whether an MP4 can have a track. */
export function isPlayable({ config, elsewhere }: CatalogTrack): boolean {
  return elsewhere === undefined && entryTypeOf(config.codec) !== undefined;
}

function sizeOf({ config }: CatalogTrack): number {
  const pixels = config.kind === "video" ? (config.width ?? 0) * (config.height ?? 0) : 0;
  return pixels + (config.bitrate ?? 0) / 1e9;
}
