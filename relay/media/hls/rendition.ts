import type { Clock } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { MAX_INITS } from "../limits.ts";
import { writeInit } from "../mp4/write_init.ts";
import type { TimedSample } from "./sample_queue.ts";
import { SampleReading, type SampleSink } from "./sample_reading.ts";
import { type Cutting, Segmenter } from "./segmenter.ts";
import type { SegmentWindow } from "./segment_window.ts";
import type { WallTimes } from "./wall_times.ts";

/** What a {@linkcode Rendition} is made of. */
export interface RenditionParts {
  readonly scope: Scope;
  readonly name: FullTrackName;
  readonly track: CatalogTrack;
  readonly window: SegmentWindow;
  readonly cutting: Cutting;
  readonly times: WallTimes;
  /** The number of the first segment. */
  readonly firstNumber: number;
  readonly clock: Clock;
  /** Whether the broadcast goes on, so that a track which is gone may come back. */
  readonly isLive: () => boolean;
  /** Objects that are no media, in words, once. */
  readonly onMalformed: (reason: string) => void;
}

/** One track as segments: it subscribes until it is closed. */
export class Rendition implements SampleSink {
  readonly window: SegmentWindow;
  readonly #parts: RenditionParts;
  readonly #reading: SampleReading;
  readonly #segmenter: Segmenter;
  readonly #inits: Uint8Array[] = [];

  /** Throws a MediaError for a track that MP4 cannot have. */
  constructor(parts: RenditionParts) {
    this.#parts = parts;
    this.window = parts.window;
    this.#segmenter = new Segmenter(parts.cutting, parts.firstNumber, {
      changed: (segment) => parts.window.changed(segment),
      wallOf: (microseconds) => parts.times.of(microseconds),
    });
    this.#reading = new SampleReading({ ...parts, sink: this });
  }

  get track(): CatalogTrack {
    return this.#reading.track;
  }

  /** Reads the track until it is over. */
  run(): Promise<void> {
    return this.#reading.run();
  }

  /** The header with this number; undefined before there is one. */
  init(number: number): Uint8Array | undefined {
    return this.#inits[number];
  }

  /** The catalog says something else of the track. */
  update(track: CatalogTrack): void {
    this.#reading.update(track);
  }

  /** The catalog has it no more. */
  leave(): void {
    this.#reading.ended();
  }

  close(): void {
    this.#reading.close();
    this.window.close();
  }

  config(config: TrackConfig): void {
    if (this.#inits.length === MAX_INITS) throw new MediaError("too many headers");
    this.#inits.push(writeInit(config));
    this.#segmenter.useInit(this.#inits.length - 1);
  }

  came(timestamp: number): void {
    this.#parts.times.note(timestamp);
  }

  sample(sample: TimedSample): void {
    this.#segmenter.add(sample);
  }

  interrupted(): void {
    this.#segmenter.interrupt();
  }

  malformed(reason: string): void {
    this.#parts.onMalformed(reason);
  }

  ended(): void {
    this.#segmenter.end();
    this.window.end();
  }
}
