/**
 * The interface between relays and the controller: names, limits, refusals. The schemas, which only who
 * reads what a relay wrote needs, are in `@qumo/shared/topology/schemas`.
 */
export {
  type AnnouncedName,
  announceParts,
  announcesCovering,
  coversTrack,
  formatAnnounce,
  parseAnnounce,
} from "./announce_text.ts";
export { announcesDigest } from "./announces_digest.ts";
export { EventReader, type ServerEvent } from "./event_reader.js";
export * from "./limits.ts";
export { type Refusal, refusal, type RefusalCode, refusalCodes } from "./refusals.ts";
export { type Interest, InterestTree } from "./interest_tree.ts";
export { GRANT_TYPE } from "./grant.ts";
export { relayNameFault } from "./relay_name.ts";
export type { AccessKind, AccessTarget, PolicyTerms, TenantUsage } from "./access_schemas.ts";
export type { Flow, LinkReport, LoadReport, Registration } from "./schemas.ts";
export { canonicalTrackText, formatTrackText, parseTrackText } from "./track_text.ts";
