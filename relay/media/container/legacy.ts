import { rfc9000 } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";
import type { MediaFrame } from "../frame.ts";
import { readCount } from "./count.ts";

/**
 * Reads an object of hang's legacy container: a timestamp in microseconds, then the bitstream.
 * Undefined for a mere mark of a time, without one.
 */
export function readLegacy(payload: Uint8Array, isKey: boolean): MediaFrame | undefined {
  const { value: timestamp, next } = readCount(payload, 0);
  return next === payload.length ? undefined : { timestamp, isKey, data: payload.subarray(next) };
}

/** Writes an object of hang's legacy container. */
export function writeLegacy({ timestamp, data }: MediaFrame): Uint8Array {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new MediaError(`Cannot write the timestamp ${timestamp}`);
  }
  const head = rfc9000.sizeOfNumber(timestamp);
  const payload = new Uint8Array(head + data.length);
  rfc9000.writeNumber(payload, 0, timestamp);
  payload.set(data, head);
  return payload;
}
