/** The formats: pure, synchronous, without clock or stream. */
export { ByteReader, ByteWriter } from "./bytes.ts";
export { equalBytes } from "./equal_bytes.ts";
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
export { ObjectStatus } from "./object.ts";
export type { Oddity, OddityKind } from "./oddity.ts";
export type { Pair } from "./pairs.ts";
export {
  DEFAULT_TRACK_PROPERTIES,
  isMalformed,
  type MalformedProperties,
  type ObjectGaps,
  type PropertyBlock,
  type PropertyForm,
  type TrackProperties,
} from "./properties.ts";
export { rfc9000, type VarintFormat, vi64, vi64SizeOfNumber, writeVi64Number } from "./varint.ts";
export { DoneCode, RequestCode, SessionCode, StreamCode } from "./moqt/drafts/draft18_codes.ts";
export type { ControlCodec } from "./moqt/control/codec.ts";
export type { Filter } from "./moqt/model/filter.ts";
export {
  type ControlKind,
  type ControlMessage,
  type ControlMessageOf,
  type FetchRange,
  messageTable,
  okScope,
  outOfScope,
  type Redirect,
  updateScope,
} from "./moqt/control/messages.ts";
export type { ParameterName, Parameters } from "./moqt/control/parameters.ts";
export type { GroupOrder } from "./moqt/model/group_order.ts";
export type { Token } from "./moqt/model/token.ts";
export { CLIENT_SETUP_TYPE, offeredVersions } from "./moqt/client_setup.ts";
export { MESH_REPLACED } from "./moqt/mesh.ts";
export type { Draft } from "./moqt/drafts/draft.ts";
export { draft18 } from "./moqt/drafts/draft18.ts";
export { draftOf, drafts } from "./moqt/drafts/mod.ts";
export { decodeSetupOptions, encodeSetupOptions } from "./moqt/control/setup_options.ts";
export type { SetupOptions } from "./moqt/model/setup_options.ts";
export * from "./moqt/data/mod.ts";
