import { encodeTimestamp, rfc9000, timedProperties } from "@qumo/shared/wire";
import type { Renderer } from "../../track/mod.ts";
import type { MediaFrame, TrackConfig } from "../frame.ts";
import { AUDIO_GROUP_US, MIN_AUDIO_GROUP_US } from "./limits.ts";
import type { MediaObject } from "./local_feed.ts";
import type { PublishedTrack } from "./published_track.ts";

/** The tracks of the model that one track of an encoder becomes. */
export interface Renditions {
  /** As hang has it: the timestamp lies before the frame. */
  readonly hang: PublishedTrack;
  /** Low Overhead Container as MSF has it: the timestamp is a property of the object. */
  readonly loc: PublishedTrack;
}

/** What became of a frame. */
export type Taken = "taken" | "no_key_frame";

/** One track of an encoder: puts its frames into groups, and writes each rendition. */
export class MediaTrack {
  config: TrackConfig;
  readonly renditions: Renditions;
  readonly #renderer: Renderer;
  #awaitsKey = true;
  // When the group in progress began, by its timestamps.
  #begunAt: number | undefined;
  // Whether video has begun a group since.
  #isBehindVideo = false;

  constructor(config: TrackConfig, renditions: Renditions, renderer: Renderer) {
    this.config = config;
    this.renditions = renditions;
    this.#renderer = renderer;
  }

  /** The decoder has to begin anew: the next frame is one that it can begin with. */
  configure(config: TrackConfig): void {
    this.config = config;
    this.breakOff();
  }

  /** A frame is missing: those that build on it are of no use. */
  breakOff(): void {
    this.#awaitsKey = true;
  }

  /** Whether a group begins with this frame. */
  beginsGroup({ isKey, timestamp }: Pick<MediaFrame, "isKey" | "timestamp">): boolean {
    if (this.config.kind === "video") return isKey;
    const age = timestamp - (this.#begunAt ?? -Infinity);
    return this.#awaitsKey || age >= AUDIO_GROUP_US || age < 0 ||
      this.#isBehindVideo && age >= MIN_AUDIO_GROUP_US;
  }

  /** Video has begun a group. */
  videoBegan(): void {
    this.#isBehindVideo = true;
  }

  /** Adds a frame. */
  take(frame: MediaFrame): Taken {
    const begins = this.beginsGroup(frame);
    if (this.#awaitsKey && !begins) return "no_key_frame";
    const { hang, loc } = this.renditions;
    if (begins) {
      for (const track of [hang, loc]) track.begin();
      this.#begunAt = frame.timestamp;
      this.#isBehindVideo = false;
      this.#awaitsKey = false;
    }
    const timestamp = BigInt(Math.round(frame.timestamp));
    const properties = this.#renderer.properties.of({
      bytes: encodeTimestamp(timestamp),
      form: timedProperties,
    });
    hang.write(objectOf(properties, [varint(timestamp), frame.data]));
    loc.write(objectOf(properties, [frame.data]));
    return "taken";
  }
}

/** An object with this payload. */
export function objectOf(properties: Uint8Array, parts: readonly Uint8Array[]): MediaObject {
  return { properties, parts, length: parts.reduce((sum, { length }) => sum + length, 0) };
}

function varint(value: bigint): Uint8Array {
  const bytes = new Uint8Array(rfc9000.sizeOf(value));
  rfc9000.write(bytes, 0, value);
  return bytes;
}
