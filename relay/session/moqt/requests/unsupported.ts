import type { Refusal } from "../../../track/mod.ts";

/** The refusal of a track with unknown mandatory properties (#mandatory-track-properties). */
export function unsupportedExtension(types: readonly bigint[]): Refusal {
  const list = types.map((type) => `0x${type.toString(16)}`).join(", ");
  return { kind: "unsupported_extension", reason: `the track needs extension ${list}` };
}
