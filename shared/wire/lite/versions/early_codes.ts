import type {
  CodeTable,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../../moqt/model/codes.ts";
import { refusalNames } from "../refusals.ts";

/*
 * The codes of versions 03 to 05. Their texts have none; these are moq-dev's, who has one table for
 * sessions and streams.
 */
const Code = {
  cancel: 0,
  session: 1,
  old: 2,
  timeout: 3,
  decode: 5,
  unauthorized: 6,
  version: 9,
  bounds: 11,
  duplicate: 12,
  not_found: 13,
  protocol_violation: 15,
  unsupported: 17,
  dropped: 24,
  closed: 25,
  lagged: 26,
  unroutable: 30,
  evicted: 31,
} as const;

/** Why a session is closed. */
export const earlySessionCodes: SessionCodes = {
  no_error: Code.cancel,
  internal_error: Code.session,
  unauthorized: Code.unauthorized,
  protocol_violation: Code.protocol_violation,
  invalid_request_id: Code.duplicate,
  duplicate_track_alias: Code.duplicate,
  key_value_formatting_error: Code.decode,
  invalid_path: Code.not_found,
  malformed_path: Code.protocol_violation,
  goaway_timeout: Code.timeout,
  control_message_timeout: Code.timeout,
  data_stream_timeout: Code.timeout,
  auth_token_cache_overflow: Code.unauthorized,
  duplicate_auth_token_alias: Code.unauthorized,
  version_negotiation_failed: Code.version,
  malformed_auth_token: Code.unauthorized,
  unknown_auth_token_alias: Code.unauthorized,
  expired_auth_token: Code.unauthorized,
  invalid_authority: Code.not_found,
  malformed_authority: Code.protocol_violation,
  too_many_request_updates: Code.protocol_violation,
};

/** Why a stream is reset or stopped. */
export const earlyStreamCodes: StreamCodes = {
  internal_error: Code.dropped,
  cancelled: Code.cancel,
  delivery_timeout: Code.old,
  session_closed: Code.closed,
  going_away: Code.closed,
  too_far_behind: Code.lagged,
  unknown_object_status: Code.protocol_violation,
  expired_auth_token: Code.unauthorized,
  excessive_load: Code.evicted,
  malformed_track: Code.decode,
};

/** Why a request is refused. */
export const earlyRefusalCodes: CodeTable<RequestErrorName> = {
  internal_error: Code.dropped,
  unauthorized: Code.unauthorized,
  timeout: Code.timeout,
  not_supported: Code.unsupported,
  malformed_auth_token: Code.unauthorized,
  expired_auth_token: Code.unauthorized,
  going_away: Code.closed,
  excessive_load: Code.evicted,
  does_not_exist: Code.not_found,
  invalid_range: Code.bounds,
  malformed_track: Code.decode,
  duplicate_subscription: Code.duplicate,
  uninterested: Code.cancel,
  prefix_overlap: Code.duplicate,
  namespace_too_large: Code.bounds,
  invalid_joining_request_id: Code.bounds,
  unsupported_extension: Code.unsupported,
  redirect: Code.unroutable,
};

/** Why a peer refused a request. */
export const earlyRefusalOf = refusalNames(earlyRefusalCodes, {
  [Code.unroutable]: "does_not_exist",
});
