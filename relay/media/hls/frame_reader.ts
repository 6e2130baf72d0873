import type { CatalogTrack } from "../catalog/catalog.ts";
import { readLegacy } from "../container/legacy.ts";
import { readLocObject, readLocPayload } from "../container/loc.ts";
import { MediaError } from "../errors.ts";
import type { MediaFrame } from "../frame.ts";
import type { ReadObject } from "../model/read_object.ts";
import { readFragment } from "../mp4/read_fragment.ts";
import { readInit } from "../mp4/read_init.ts";

/** A frame as a container has it; where it says when the frame is decoded, that is kept. */
export interface TimedFrame extends MediaFrame {
  /** In microseconds. */
  readonly decodeTime?: number;
  /** What initializes the decoder from this frame on. */
  readonly description?: Uint8Array;
}

/** Reads the frames of an object; throws a MediaError for what is none. */
export type FrameReader = (object: ReadObject) => readonly TimedFrame[];

/** How the objects of a track are read. */
export function frameReader({ container, config }: CatalogTrack): FrameReader {
  // A group begins with a key frame, and audio has no other frames.
  const isKey = ({ id }: ReadObject) => config.kind === "audio" || id === 0;
  switch (container.kind) {
    case "legacy":
      return (object) => listOf(readLegacy(object.payload, isKey(object)));
    case "loc":
      return (object) => {
        const { payload, properties } = object;
        const pairs = container.properties === "object"
          ? properties.form.read(properties.bytes)
          : [];
        return listOf(
          readLocObject(payload, pairs, isKey(object)) ?? readLocPayload(payload, isKey(object)),
        );
      };
    case "cmaf":
      return fragmentReader(container.init);
  }
}

function listOf(frame: TimedFrame | undefined): readonly TimedFrame[] {
  return frame === undefined ? [] : [frame];
}

const MICROSECONDS = 1_000_000;

function fragmentReader(init: Uint8Array): FrameReader {
  const track = readInit(init)[0];
  if (track === undefined) throw new MediaError("A header of CMAF has no track");
  const inMicroseconds = (ticks: number) => Math.round(ticks * MICROSECONDS / track.timescale);
  return ({ payload }) =>
    readFragment(payload, track).map(({ decodeTime, offset, duration, isKey, data }) => ({
      timestamp: inMicroseconds(decodeTime + offset),
      decodeTime: inMicroseconds(decodeTime),
      duration: inMicroseconds(decodeTime + duration) - inMicroseconds(decodeTime),
      isKey,
      data,
    }));
}
