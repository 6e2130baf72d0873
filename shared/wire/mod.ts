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
export type { Oddity, OddityKind } from "./oddity.ts";
export type { Pair } from "./pairs.ts";
export { rfc9000, type VarintFormat, vi64, vi64SizeOfNumber, writeVi64Number } from "./varint.ts";
export { DoneCode, RequestCode, SessionCode, StreamCode } from "./moqt/codes.ts";
export type { ControlCodec } from "./moqt/control/codec.ts";
export type { Filter } from "./moqt/filter.ts";
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
export type { GroupOrder } from "./moqt/group_order.ts";
export type { Token } from "./moqt/control/token.ts";
export { CLIENT_SETUP_TYPE, offeredVersions } from "./moqt/client_setup.ts";
export { MESH_REPLACED } from "./moqt/mesh.ts";
export { type Draft, draft18, draftOf, drafts } from "./moqt/drafts.ts";
export { decodeSetupOptions, encodeSetupOptions, type SetupOptions } from "./moqt/setup_options.ts";
export * from "./moqt/data/mod.ts";
