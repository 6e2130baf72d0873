import { sleep, systemClock } from "@qumo/shared/runtime";
import { encodeSubgroupHeader, objectHeaderSize, writeObjectHeader } from "@qumo/shared/wire";
import { referenceData } from "../support/reference_draft.ts";

/** What is published, the same through a relay and without one. */
export interface Traffic {
  readonly tracks: number;
  /** Bytes of an object's payload. */
  readonly objectBytes: number;
  /** Objects a second, on each track. */
  readonly rate: number;
  readonly groupObjects: number;
}

/** One object as it goes onto its subgroup's stream. */
export interface TimedObject {
  readonly track: number;
  /** The stream's header as well, if it is the group's first object. */
  readonly bytes: Uint8Array;
  /** When it was published, as {@linkcode wallTime}. */
  readonly stamp: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Bytes of the timestamp that a payload begins with: a little-endian double. */
export const STAMP_BYTES = 8;

/** Milliseconds since 1970 with what is behind the point, which all processes of a machine agree on. */
export function wallTime(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Publishes on time until `signal` is aborted: `send` is called for each object when it is due, and
 * for several in a row when the process was late. Tracks take turns evenly.
 */
export async function publishTraffic(
  traffic: Traffic,
  send: (object: TimedObject) => void,
  signal: AbortSignal,
): Promise<void> {
  const step = 1000 / (traffic.tracks * traffic.rate);
  const start = performance.now();
  for (let index = 0; !signal.aborted;) {
    const due = Math.floor((performance.now() - start) / step);
    for (; index <= due; index++) {
      send(makeObject(traffic, index % traffic.tracks, Math.floor(index / traffic.tracks)));
    }
    await sleep(systemClock, start + index * step - performance.now(), signal);
  }
}

/** The object of this number on a track, stamped now. Aliases are the tracks' numbers. */
export function makeObject(traffic: Traffic, track: number, number: number): TimedObject {
  const { objectBytes, groupObjects } = traffic;
  const isFirst = number % groupObjects === 0;
  const header = isFirst ? streamHeader(track, Math.floor(number / groupObjects)) : NOTHING;
  const size = objectHeaderSize(0, false, undefined, objectBytes, 0, referenceData.varint);
  const bytes = new Uint8Array(header.length + size + objectBytes);
  bytes.set(header);
  const payload = writeObjectHeader(
    bytes,
    header.length,
    0,
    false,
    undefined,
    objectBytes,
    0,
    referenceData.varint,
  );
  const stamp = wallTime();
  new DataView(bytes.buffer).setFloat64(payload, stamp, true);
  const isLast = (number + 1) % groupObjects === 0;
  return { track, bytes, stamp, isFirst, isLast };
}

function streamHeader(track: number, group: number): Uint8Array {
  return encodeSubgroupHeader({
    alias: BigInt(track),
    group: BigInt(group),
    subgroup: 0n,
    priority: 128,
    hasProperties: false,
    endOfGroup: true,
    firstObject: true,
  }, referenceData);
}

const NOTHING = new Uint8Array();
