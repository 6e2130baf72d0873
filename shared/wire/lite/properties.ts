import { ByteReader, ByteWriter } from "../bytes.ts";
import { EncodeError } from "../errors.ts";
import { type Pair, pairs } from "../pairs.ts";
import {
  NO_PROPERTIES,
  type PropertyBlock,
  type PropertyForm,
  type TrackProperties,
} from "../properties.ts";
import { rfc9000 } from "../varint.ts";
import { MAX_TIMESTAMP } from "./frame.ts";

/*
 * moq-lite has no properties. What its frames and TRACK_INFO say is kept as the properties that
 * draft-lcurley-moq-timestamp takes from LOC, and what MoQT's objects say is written as far as frames
 * can say it.
 */

/** The type of the property with an object's timestamp (draft-lcurley-moq-timestamp). */
export const TIMESTAMP = 0x10n;

/** The type of the property with the units of a track's timestamps (the same draft). */
const TIMESCALE = 0x08n;
const DEFAULT_PRIORITY = 0x0en;
const DEFAULT_GROUP_ORDER = 0x22n;

/** Frames without timestamps say nothing of an object. */
export const plainProperties: PropertyForm = {
  name: "moq-lite",
  read: () => [],
  of: () => NO_PROPERTIES,
  gapsOf: () => NO_GAPS,
};

/** Frames with timestamps say when an object is to be presented. */
export const timedProperties: PropertyForm = {
  name: "moq-lite timed",
  read: (bytes) => pairs.decode(new ByteReader(bytes, rfc9000)),
  of: timestampIn,
  gapsOf: () => NO_GAPS,
};

const NO_GAPS = { priorGroupGap: undefined, priorObjectGap: undefined };

const trackForm: PropertyForm = {
  name: "moq-lite track",
  read: timedProperties.read,
  of(block) {
    if (block.form === trackForm || block.bytes.length === 0) return block.bytes;
    throw new EncodeError("Cannot encode the properties of a track: moq-lite has none");
  },
  gapsOf: () => NO_GAPS,
};

/** What a publisher says of its track, as properties for those who speak MoQT. */
export function liteTrackBlock(track: TrackProperties): PropertyBlock {
  const list: Pair[] = [
    ...track.timescale === undefined ? [] : [{ type: TIMESCALE, value: track.timescale }],
    { type: DEFAULT_PRIORITY, value: BigInt(track.defaultPriority) },
    { type: DEFAULT_GROUP_ORDER, value: track.groupOrder === "ascending" ? 1n : 2n },
  ];
  const writer = new ByteWriter(rfc9000);
  pairs.encode(writer, list);
  return { bytes: writer.finish(), form: trackForm };
}

/** A timestamp as a block of {@linkcode timedProperties}. */
export function encodeTimestamp(timestamp: bigint): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(1 + rfc9000.sizeOf(timestamp));
  block[0] = Number(TIMESTAMP);
  rfc9000.write(block, 1, timestamp);
  return block;
}

/** The timestamp in a block of {@linkcode timedProperties}; undefined when there is none. */
export function decodeTimestamp(block: Uint8Array): bigint | undefined {
  return block.length === 0 ? undefined : rfc9000.read(block, 1);
}

/** Of the properties the timestamp alone; a larger one than frames can say is left out. */
function timestampIn({ bytes, form }: PropertyBlock): Uint8Array {
  if (form === timedProperties || bytes.length === 0) return bytes;
  const found = form.read(bytes).find(({ type }) => type === TIMESTAMP);
  const value = found?.value;
  return typeof value === "bigint" && value <= MAX_TIMESTAMP
    ? encodeTimestamp(value)
    : NO_PROPERTIES;
}
