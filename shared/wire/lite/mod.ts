/** moq-lite: its messages and streams in each version, apart from MoQT's. */
export { type AnnounceEvent, type AnnounceWriter, MAX_ROUTE_COST } from "./announce.ts";
export { decodeLiteDatagram, encodeDatagramHeader, encodeDatagramRest } from "./datagram.ts";
export type { LiteDatagram } from "./datagram.ts";
export { FrameDecoder, FrameWriter, MAX_TIMESTAMP } from "./frame.ts";
export { encodeStreamType, type Layout } from "./layout.ts";
export * from "./limits.ts";
export type * from "./messages.ts";
export {
  decodeTimestamp,
  encodeTimestamp,
  liteTrackBlock,
  plainProperties,
  timedProperties,
  TIMESTAMP,
} from "./properties.ts";
export { liteVersionOf, liteVersions } from "./versions/mod.ts";
export type { LiteMessages, LiteVersion } from "./versions/version.ts";
