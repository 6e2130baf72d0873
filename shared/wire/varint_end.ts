import type { VarintFormat } from "./varint.ts";

/** What a decoder returns when it needs more bytes than there are. */
export const SHORT = -1;

/** The offset behind the integer at `at`, or {@linkcode SHORT}, also where `at` is behind the end. */
export function varintEnd(
  varint: VarintFormat,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (at >= end) return SHORT;
  const next = at + varint.lengthFrom(bytes[at]!);
  return next > end ? SHORT : next;
}
