/** The formats: pure, synchronous, without clock or stream. */
export { ByteReader, ByteWriter, equalBytes } from "./bytes.ts";
export { DecodeError, type DecodeFault, EncodeError } from "./errors.ts";
export * from "./limits.ts";
export { compareLocations, type Location } from "./location.ts";
export {
  fieldKey,
  formatNamespace,
  formatTrackName,
  type FullTrackName,
  hasPrefix,
  type Namespace,
  namespaceKey,
  trackKey,
} from "./names.ts";
export type { Pair } from "./pairs.ts";
export { rfc9000, type VarintFormat, vi64, vi64SizeOfNumber, writeVi64Number } from "./varint.ts";
