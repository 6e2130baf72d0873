import { rfc9000 } from "@qumo/shared/wire";
import { MediaError } from "../errors.ts";

/** Reads an integer of QUIC at `at`; throws when it is cut off or above 2^53-1. */
export function readCount(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly next: number } {
  const first = bytes[at];
  const length = first === undefined ? 1 : rfc9000.lengthFrom(first);
  if (at + length > bytes.length) throw new MediaError("An integer is cut off");
  const value = rfc9000.readNumber(bytes, at);
  if (value < 0) throw new MediaError("An integer is above 2^53-1");
  return { value, next: at + length };
}
