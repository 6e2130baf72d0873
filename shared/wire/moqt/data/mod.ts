/** Data streams and datagrams: what carries objects. */
export { decodeDatagram, encodeDatagram, type ObjectDatagram } from "./datagram.ts";
export type { DataDialect } from "./dialect.ts";
export { decodeFetchHeader, encodeFetchHeader } from "./fetch.ts";
export type {
  FetchDecoder,
  FetchObject,
  FetchRangeKind,
  FetchWriter,
  UnknownRange,
} from "./fetch_layout.ts";
export {
  MAX_OBJECT_HEADER_BYTES,
  ObjectHeaderDecoder,
  objectHeaderSize,
  writeObjectHeader,
} from "./object_header.ts";
export { deliveryTimeouts } from "./object_timeouts.ts";
export { deltaPairs } from "./property_form.ts";
export {
  classifyUniStream,
  isUniStreamType,
  PADDING_DATAGRAM_TYPE,
  PADDING_STREAM_TYPE,
  SETUP_STREAM_TYPE,
  type UniStreamKind,
} from "./stream_type.ts";
export {
  decodeSubgroupHeader,
  encodeSubgroupHeader,
  hasDefaultPriority,
  isSubgroupType,
  type SubgroupHeader,
} from "./subgroup.ts";
export { decodeTrackProperties, integerProperties } from "./track_properties.ts";
export { SHORT } from "../../varint_end.ts";
