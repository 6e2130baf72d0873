import { takeMemory } from "../../track/mod.ts";
import { violation } from "../errors.ts";
import type { Input } from "../input.ts";
import { ObjectTooLarge } from "./object_too_large.ts";

/** Reads the payload of an object of a FETCH into memory of its own. */
export async function readPayload(
  input: Input,
  length: number,
  maxObjectBytes: number,
): Promise<Uint8Array> {
  if (length > maxObjectBytes) throw new ObjectTooLarge(length, maxObjectBytes);
  const payload = takeMemory(length);
  let filled = 0;
  while (filled < length) {
    if (input.length === 0 && !await input.fill()) throw violation("A fetch ends within an object");
    const end = Math.min(input.end, input.start + length - filled);
    payload.set(input.bytes.subarray(input.start, end), filled);
    filled += end - input.start;
    input.start = end;
  }
  return payload;
}
