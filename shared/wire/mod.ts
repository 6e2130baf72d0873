/** Wire formats: pure and synchronous, without clocks and streams. */
export { ByteReader, ByteWriter } from "./bytes.ts";
export { equalBytes } from "./equal_bytes.ts";
export { DecodeError, EncodeError } from "./errors.ts";
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
export { DOES_NOT_EXIST, ObjectStatus } from "./object.ts";
export type { Oddity } from "./oddity.ts";
export {
  DEFAULT_TRACK_PROPERTIES,
  type DeliveryTimeouts,
  isMalformed,
  NO_PROPERTIES,
  type PropertyBlock,
  type PropertyForm,
  type TrackProperties,
} from "./properties.ts";
export { rfc9000, type VarintFormat, vi64 } from "./varint.ts";
export { controlCodec } from "./moqt/control/codec.ts";
export { decodeRangeFilter, type RangeFilter } from "./moqt/control/range_filter.ts";
export { unsaidProperties } from "./moqt/control/track_facts.ts";
export type {
  AnsweredKind,
  MultiplexedMessage,
  MultiplexedMessageOf,
} from "./moqt/model/multiplexed_messages.ts";
export type { Filter } from "./moqt/model/filter.ts";
export {
  type ControlKind,
  type ControlMessage,
  type ControlMessageOf,
  WHOLE_GROUP,
} from "./moqt/model/messages.ts";
export {
  type DoneName,
  type RequestErrorName,
  sessionCodeOf,
  type SessionErrorName,
  type StreamCodes,
  type StreamErrorName,
} from "./moqt/model/codes.ts";
export {
  outOfScope,
  type ParameterRules,
  type UpdatedRequest,
} from "./moqt/model/parameter_rules.ts";
export type {
  FillParameters,
  ParameterName,
  Parameters,
  RangeFilterName,
} from "./moqt/model/parameters.ts";
export type { GroupOrder } from "./moqt/model/group_order.ts";
export type { Token } from "./moqt/model/token.ts";
export { CLIENT_SETUP_TYPE, offeredVersions, versionName } from "./moqt/client_setup.ts";
export type { Draft, MultiplexedDraft, StreamDraft } from "./moqt/drafts/draft.ts";
export { commonDraft, draftOf, drafts, multiplexedDrafts } from "./moqt/drafts/mod.ts";
export type { SetupOptions } from "./moqt/model/setup_options.ts";
export * from "./moqt/data/mod.ts";
export * from "./lite/mod.ts";
