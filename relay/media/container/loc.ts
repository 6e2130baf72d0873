import { rfc9000 } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";
import type { MediaFrame } from "../frame.ts";
import { readCount } from "./count.ts";

/** The properties of LOC that are interpreted (draft-ietf-moq-loc, #headers). */
const LOC = { timestamp: 0x10, timescale: 0x08, videoConfig: 0x0d, audioConfig: 0x0f } as const;

/** The timestamp of draft 03, which is read only. */
const FORMER_TIMESTAMP = 0x06;

const MICROSECONDS = 1_000_000;

/** A frame of LOC with the configuration that may come with it. */
export interface LocFrame extends MediaFrame {
  /** What initializes the decoder from this frame on. */
  readonly description?: Uint8Array;
}

/** A property of an object: even types hold an integer, odd ones bytes. */
export interface LocProperty {
  readonly type: bigint;
  readonly value: bigint | Uint8Array;
}

/** Reads an object whose properties are in the payload, behind their length: LOC as hang has it. */
export function readLocPayload(payload: Uint8Array, isKey: boolean): LocFrame {
  const { value: length, next } = readCount(payload, 0);
  const end = next + length;
  if (end > payload.length) throw new MediaError("The properties of LOC are cut off");
  const properties = readBlock(payload.subarray(next, end));
  const frame = locFrame(payload.subarray(end), properties, isKey);
  if (frame === undefined) throw new MediaError("An object of LOC has no timestamp");
  return frame;
}

/** Reads an object with its properties beside it; undefined without a timestamp. */
export function readLocObject(
  payload: Uint8Array,
  properties: readonly LocProperty[],
  isKey: boolean,
): LocFrame | undefined {
  return locFrame(payload, properties, isKey);
}

function readBlock(bytes: Uint8Array): LocProperty[] {
  const properties: LocProperty[] = [];
  let type = 0;
  for (let at = 0; at < bytes.length;) {
    const delta = readCount(bytes, at);
    type += delta.value;
    const { value, next } = readCount(bytes, delta.next);
    if (type % 2 === 0) {
      properties.push({ type: BigInt(type), value: BigInt(value) });
      at = next;
      continue;
    }
    at = next + value;
    if (at > bytes.length) throw new MediaError("A property of LOC is cut off");
    properties.push({ type: BigInt(type), value: bytes.subarray(next, at) });
  }
  return properties;
}

function locFrame(
  data: Uint8Array,
  properties: readonly LocProperty[],
  isKey: boolean,
): LocFrame | undefined {
  const find = (type: number) => properties.find((one) => one.type === BigInt(type))?.value;
  const ticks = find(LOC.timestamp) ?? find(FORMER_TIMESTAMP);
  const timescale = find(LOC.timescale) ?? BigInt(MICROSECONDS);
  if (typeof ticks !== "bigint" || typeof timescale !== "bigint") return undefined;
  if (timescale === 0n) throw new MediaError("The timescale of LOC is 0");
  const timestamp = Number(ticks * BigInt(MICROSECONDS) / timescale);
  const description = find(LOC.videoConfig) ?? find(LOC.audioConfig);
  return {
    timestamp,
    isKey,
    data,
    ...(description instanceof Uint8Array && { description }),
  };
}

/** Writes an object of LOC as hang has it: the length of the properties, these, and the bitstream. */
export function writeLocPayload({ timestamp, data }: MediaFrame): Uint8Array {
  const properties = locProperties(timestamp);
  const head = rfc9000.sizeOfNumber(properties.length);
  const payload = new Uint8Array(head + properties.length + data.length);
  rfc9000.writeNumber(payload, 0, properties.length);
  payload.set(properties, head);
  payload.set(data, head + properties.length);
  return payload;
}

function locProperties(timestamp: number): Uint8Array {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new MediaError(`Cannot write the timestamp ${timestamp}`);
  }
  const block = new Uint8Array(1 + rfc9000.sizeOfNumber(timestamp));
  block[0] = LOC.timestamp;
  rfc9000.writeNumber(block, 1, timestamp);
  return block;
}
