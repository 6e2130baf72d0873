import type {
  CodeTable,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../../moqt/model/codes.ts";
import { refusalNames } from "../refusals.ts";

/** Why a session is closed (06, "Session Error Codes"). */
const Session = {
  NO_ERROR: 0x0,
  INTERNAL_ERROR: 0x1,
  UNAUTHORIZED: 0x2,
  PROTOCOL_VIOLATION: 0x3,
  KEY_VALUE_FORMATTING_ERROR: 0x6,
  GOAWAY_TIMEOUT: 0x10,
  CONTROL_MESSAGE_TIMEOUT: 0x11,
  VERSION_NEGOTIATION_FAILED: 0x15,
} as const;

/** Why a stream is reset (06, "Stream Error Codes"). */
const Stream = {
  INTERNAL_ERROR: 0x0,
  CANCELLED: 0x1,
  DELIVERY_TIMEOUT: 0x2,
  SESSION_CLOSED: 0x3,
  GOING_AWAY: 0x4,
  TOO_FAR_BEHIND: 0x5,
  MALFORMED_TRACK: 0x12,
  NO_CAPACITY: 0x30,
  CONTROL_TIMEOUT: 0x31,
  NOT_FOUND: 0x33,
  OLD: 0x34,
  EVICTED: 0x35,
  UNROUTABLE: 0x36,
} as const;

export const sessionCodes: SessionCodes = {
  no_error: Session.NO_ERROR,
  internal_error: Session.INTERNAL_ERROR,
  unauthorized: Session.UNAUTHORIZED,
  protocol_violation: Session.PROTOCOL_VIOLATION,
  invalid_request_id: Session.PROTOCOL_VIOLATION,
  duplicate_track_alias: Session.PROTOCOL_VIOLATION,
  key_value_formatting_error: Session.KEY_VALUE_FORMATTING_ERROR,
  invalid_path: Session.UNAUTHORIZED,
  malformed_path: Session.PROTOCOL_VIOLATION,
  goaway_timeout: Session.GOAWAY_TIMEOUT,
  control_message_timeout: Session.CONTROL_MESSAGE_TIMEOUT,
  data_stream_timeout: Session.CONTROL_MESSAGE_TIMEOUT,
  auth_token_cache_overflow: Session.UNAUTHORIZED,
  duplicate_auth_token_alias: Session.UNAUTHORIZED,
  version_negotiation_failed: Session.VERSION_NEGOTIATION_FAILED,
  malformed_auth_token: Session.UNAUTHORIZED,
  unknown_auth_token_alias: Session.UNAUTHORIZED,
  expired_auth_token: Session.UNAUTHORIZED,
  invalid_authority: Session.UNAUTHORIZED,
  malformed_authority: Session.PROTOCOL_VIOLATION,
  too_many_request_updates: Session.PROTOCOL_VIOLATION,
};

export const streamCodes: StreamCodes = {
  internal_error: Stream.INTERNAL_ERROR,
  cancelled: Stream.CANCELLED,
  delivery_timeout: Stream.DELIVERY_TIMEOUT,
  session_closed: Stream.SESSION_CLOSED,
  going_away: Stream.GOING_AWAY,
  too_far_behind: Stream.TOO_FAR_BEHIND,
  unknown_object_status: Stream.MALFORMED_TRACK,
  expired_auth_token: Stream.INTERNAL_ERROR,
  excessive_load: Stream.EVICTED,
  malformed_track: Stream.MALFORMED_TRACK,
};

/** Streams have no code for who may not: what a peer may not see is not there for it. */
export const refusalCodes: CodeTable<RequestErrorName> = {
  internal_error: Stream.INTERNAL_ERROR,
  does_not_exist: Stream.NOT_FOUND,
  unauthorized: Stream.NOT_FOUND,
  timeout: Stream.CONTROL_TIMEOUT,
  not_supported: Stream.INTERNAL_ERROR,
  malformed_auth_token: Stream.NOT_FOUND,
  expired_auth_token: Stream.NOT_FOUND,
  going_away: Stream.GOING_AWAY,
  excessive_load: Stream.NO_CAPACITY,
  invalid_range: Stream.NOT_FOUND,
  malformed_track: Stream.MALFORMED_TRACK,
  duplicate_subscription: Stream.INTERNAL_ERROR,
  uninterested: Stream.CANCELLED,
  prefix_overlap: Stream.INTERNAL_ERROR,
  namespace_too_large: Stream.INTERNAL_ERROR,
  invalid_joining_request_id: Stream.INTERNAL_ERROR,
  unsupported_extension: Stream.INTERNAL_ERROR,
  redirect: Stream.UNROUTABLE,
};

export const refusalOf = refusalNames(refusalCodes, {
  [Stream.OLD]: "does_not_exist",
  [Stream.EVICTED]: "excessive_load",
  [Stream.UNROUTABLE]: "does_not_exist",
});
