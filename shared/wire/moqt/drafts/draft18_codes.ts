import { MESH_REPLACED } from "../mesh.ts";
import type {
  CodeTable,
  DoneName,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../model/codes.ts";

/** Why a session is closed (#iana-session-termination). */
export const sessionCodes = {
  no_error: 0x0,
  internal_error: 0x1,
  unauthorized: 0x2,
  protocol_violation: 0x3,
  invalid_request_id: 0x4,
  duplicate_track_alias: 0x5,
  key_value_formatting_error: 0x6,
  invalid_path: 0x8,
  malformed_path: 0x9,
  goaway_timeout: 0x10,
  control_message_timeout: 0x11,
  data_stream_timeout: 0x12,
  auth_token_cache_overflow: 0x13,
  duplicate_auth_token_alias: 0x14,
  version_negotiation_failed: 0x15,
  malformed_auth_token: 0x16,
  unknown_auth_token_alias: 0x17,
  expired_auth_token: 0x18,
  invalid_authority: 0x19,
  malformed_authority: 0x1a,
} as const satisfies SessionCodes;

/** Why a request is refused (#iana-request-error). */
export const requestCodes = {
  internal_error: 0x0,
  unauthorized: 0x1,
  timeout: 0x2,
  not_supported: 0x3,
  malformed_auth_token: 0x4,
  expired_auth_token: 0x5,
  going_away: 0x6,
  excessive_load: 0x9,
  does_not_exist: 0x10,
  invalid_range: 0x11,
  malformed_track: 0x12,
  duplicate_subscription: 0x19,
  uninterested: 0x20,
  prefix_overlap: 0x30,
  namespace_too_large: 0x31,
  invalid_joining_request_id: 0x32,
  unsupported_extension: 0x33,
  redirect: 0x34,
} as const satisfies CodeTable<RequestErrorName>;

/** Why a subscription ended (#iana-publish-done). */
export const doneCodes = {
  internal_error: 0x0,
  unauthorized: 0x1,
  track_ended: 0x2,
  subscription_ended: 0x3,
  going_away: 0x4,
  too_far_behind: 0x5,
  expired: 0x6,
  update_failed: 0x8,
  excessive_load: 0x9,
  malformed_track: 0x12,
  /** Ours. */
  replaced: MESH_REPLACED,
} as const satisfies CodeTable<DoneName>;

/** Why a stream is reset or stopped (#stream-reset-codes). */
export const streamCodes: StreamCodes = {
  internal_error: 0x0,
  cancelled: 0x1,
  delivery_timeout: 0x2,
  session_closed: 0x3,
  going_away: 0x4,
  too_far_behind: 0x5,
  unknown_object_status: 0x6,
  expired_auth_token: 0x7,
  excessive_load: 0x9,
  malformed_track: 0x12,
};
