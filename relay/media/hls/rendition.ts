import type { Clock } from "@qumo/shared/runtime";
import { equalBytes, type FullTrackName } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import type { CatalogTrack } from "../catalog/catalog.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { MAX_INITS } from "../limits.ts";
import type { ReadObject } from "../model/read_object.ts";
import { TrackReading, type TrackSink } from "../model/track_reading.ts";
import { readInit } from "../mp4/read_init.ts";
import { writeInit } from "../mp4/write_init.ts";
import { isAnnexB, unpackAvc } from "./annex_b.ts";
import { type FrameReader, frameReader, type TimedFrame } from "./frame_reader.ts";
import { SampleQueue } from "./sample_queue.ts";
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
export class Rendition implements TrackSink {
  readonly window: SegmentWindow;
  readonly #parts: RenditionParts;
  readonly #reading: TrackReading;
  readonly #segmenter: Segmenter;
  readonly #queue: SampleQueue;
  readonly #inits: Uint8Array[] = [];
  #track: CatalogTrack;
  #read: FrameReader;
  #config: TrackConfig;
  #isUsable = false;

  /** Throws a MediaError for a track that MP4 cannot have. */
  constructor(parts: RenditionParts) {
    this.#parts = parts;
    this.window = parts.window;
    this.#track = parts.track;
    this.#read = frameReader(parts.track);
    this.#config = configOf(parts.track);
    this.#segmenter = new Segmenter(parts.cutting, parts.firstNumber, {
      changed: (segment) => parts.window.changed(segment),
      wallOf: (microseconds) => parts.times.of(microseconds),
    });
    this.#queue = new SampleQueue((sample) => this.#segmenter.add(sample));
    const { scope, name, clock } = parts;
    this.#reading = new TrackReading({
      ...{ scope, name, clock, sink: this },
      patience: 0,
      goesOn: parts.isLive,
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

  /** The header with this number; undefined before there is one. */
  init(number: number): Uint8Array | undefined {
    return this.#inits[number];
  }

  /** The catalog says something else of the track. */
  update(track: CatalogTrack): void {
    const before = this.#track;
    this.#track = track;
    const config = configOf(track);
    if (isSame(config, configOf(before))) return;
    this.#read = frameReader(track);
    this.#config = config;
    this.#isUsable = false;
    if (!needsFrame(config)) this.#begin(config);
  }

  close(): void {
    this.#reading.close();
    this.window.close();
  }

  object(object: ReadObject): void {
    try {
      for (const frame of this.#read(object)) this.#add(frame);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      this.#parts.onMalformed(error.message);
    }
  }

  missed(): void {
    // Decoders go on with the next key frame; nothing of time is lost.
  }

  interrupted(): void {
    this.#queue.interrupt();
    this.#segmenter.interrupt();
  }

  ended(): void {
    this.#queue.end();
    this.#segmenter.end();
    this.window.end();
  }

  #add(frame: TimedFrame): void {
    const { data, description = undefined } = frame.description === undefined &&
        isAvc(this.#config) && this.#track.config.description === undefined && isAnnexB(frame.data)
      ? unpackAvc(frame.data)
      : frame;
    if (description !== undefined && !isKnown(this.#config, description)) {
      this.#begin({ ...this.#config, description });
    }
    if (!this.#isUsable || data.length === 0) return;
    this.#parts.times.note(frame.timestamp);
    this.#queue.add({ ...frame, data });
  }

  #begin(config: TrackConfig): void {
    if (this.#inits.length === MAX_INITS) return this.#parts.onMalformed("too many headers");
    this.#config = config;
    this.#queue.end();
    this.#inits.push(writeInit(config));
    this.#segmenter.useInit(this.#inits.length - 1);
    this.#isUsable = true;
  }
}

function isAvc({ codec }: TrackConfig): boolean {
  return /^avc[13]/.test(codec);
}

/** Whether the parameter sets come with a frame. */
function needsFrame(config: TrackConfig): boolean {
  return config.description === undefined && isAvc(config);
}

function isKnown({ description }: TrackConfig, other: Uint8Array): boolean {
  return description !== undefined && equalBytes(description, other);
}

/** Whether a decoder for one is good for the other. */
function isSame(one: TrackConfig, other: TrackConfig): boolean {
  const { description: a = NOTHING, codec, ...said } = one;
  const { description: b = NOTHING, ...others } = other;
  if (!equalBytes(a, b) || codec !== others.codec) return false;
  if (said.kind === "video") {
    return others.kind === "video" && said.width === others.width && said.height === others.height;
  }
  return others.kind === "audio" && said.sampleRate === others.sampleRate &&
    said.channels === others.channels;
}

const NOTHING = new Uint8Array();

/** What a decoder has to know, also where only the header of CMAF says it. */
function configOf({ config, container }: CatalogTrack): TrackConfig {
  if (container.kind !== "cmaf") return config;
  const [init] = readInit(container.init);
  if (init === undefined) throw new MediaError("A header of CMAF has no track");
  const { description, width, height, sampleRate, channels } = init;
  const own = description === undefined ? {} : { description };
  return config.kind === "video"
    ? { ...config, ...own, ...(width > 0 && height > 0 && { width, height }) }
    : {
      ...config,
      ...own,
      ...(sampleRate > 0 && { sampleRate }),
      ...(channels > 0 && { channels }),
    };
}
