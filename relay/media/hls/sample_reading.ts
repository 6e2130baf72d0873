import type { Clock } from "@qumo/shared/runtime";
import { equalBytes, type FullTrackName } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import type { ReadObject } from "../model/read_object.ts";
import { TrackReading, type TrackSink } from "../model/track_reading.ts";
import { type FrameReader, frameReader, type TimedFrame } from "./frame_reader.ts";
import { SampleQueue, type TimedSample } from "./sample_queue.ts";
import { configOf, isSame, needsFrame, type Unpacker, unpacker } from "./track_config.ts";

/** Takes what a {@linkcode SampleReading} reads. Calls are synchronous; `config` may throw a MediaError. */
export interface SampleSink {
  /** What a decoder has to know of the samples that follow. */
  config(config: TrackConfig): void;
  sample(sample: TimedSample): void;
  /** A frame of this time came, in microseconds of the publisher. */
  came?(timestamp: number, object: ReadObject): void;
  /** Objects are missing. */
  missed?(): void;
  /** What follows does not follow on. */
  interrupted(): void;
  /** An object is no media, in words. */
  malformed(reason: string): void;
  ended(): void;
}

/** What is read, and how. */
export interface SampleReadingOptions {
  readonly scope: Scope;
  readonly name: FullTrackName;
  readonly track: CatalogTrack;
  readonly clock: Clock;
  /** Whether the broadcast goes on, so that a track which is gone may come back. */
  readonly isLive: () => boolean;
  readonly sink: SampleSink;
}

/** Reads a track of a catalog as samples of MP4, from its current group on, until it is closed. */
export class SampleReading implements TrackSink {
  readonly #sink: SampleSink;
  readonly #reading: TrackReading;
  readonly #queue: SampleQueue;
  #track: CatalogTrack;
  #read: FrameReader;
  #unpacked: Unpacker;
  #config: TrackConfig;
  #isUsable = false;

  /** Throws a MediaError for a track that MP4 cannot have. */
  constructor({ scope, name, track, clock, isLive, sink }: SampleReadingOptions) {
    this.#sink = sink;
    this.#track = track;
    this.#read = frameReader(track);
    this.#unpacked = unpacker(track);
    this.#config = configOf(track);
    this.#queue = new SampleQueue((sample) => sink.sample(sample));
    this.#reading = new TrackReading({
      ...{ scope, name, clock, sink: this },
      patience: 0,
      goesOn: isLive,
    });
    if (!needsFrame(this.#config)) this.#begin(this.#config);
  }

  get track(): CatalogTrack {
    return this.#track;
  }

  /** Reads the track until it is over. */
  run(): Promise<void> {
    return this.#reading.run();
  }

  /** The catalog says something else of the track. */
  update(track: CatalogTrack): void {
    const before = this.#track;
    this.#track = track;
    const config = configOf(track);
    if (isSame(config, configOf(before))) return;
    this.#read = frameReader(track);
    this.#unpacked = unpacker(track);
    this.#config = config;
    this.#isUsable = false;
    if (!needsFrame(config)) this.#begin(config);
  }

  close(): void {
    this.#reading.close();
  }

  object(object: ReadObject): void {
    try {
      for (const frame of this.#read(object)) {
        this.#sink.came?.(frame.timestamp, object);
        this.#add(frame);
      }
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#sink.malformed(error.message);
    }
  }

  missed(): void {
    // Decoders go on with the next key frame; nothing of time is lost.
    this.#sink.missed?.();
  }

  interrupted(): void {
    this.#queue.interrupt();
    this.#sink.interrupted();
  }

  ended(): void {
    this.#queue.end();
    this.#sink.ended();
  }

  #add(frame: TimedFrame): void {
    const { data, description } = this.#unpacked(frame);
    if (description !== undefined && !isKnown(this.#config, description)) {
      this.#begin({ ...this.#config, description });
    }
    if (!this.#isUsable || data.length === 0) return;
    this.#queue.add({ ...frame, data });
  }

  #begin(config: TrackConfig): void {
    this.#config = config;
    this.#queue.end();
    this.#isUsable = false;
    this.#sink.config(config);
    this.#isUsable = true;
  }
}

function isKnown({ description }: TrackConfig, other: Uint8Array): boolean {
  return description !== undefined && equalBytes(description, other);
}
