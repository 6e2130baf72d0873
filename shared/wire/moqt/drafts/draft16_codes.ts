import type { CodeTable, DoneName, RequestErrorName } from "../model/codes.ts";
import type { SessionCodes, StreamCodes } from "../model/codes.ts";
import { sessionCodes as sessionCodes18 } from "./draft18_codes.ts";

/** Why a session is closed (#iana-session-termination). */
export const sessionCodes: SessionCodes = { ...sessionCodes18, too_many_requests: 0x7 };

/** Why a request is refused (#iana-request-error). What has no number is an internal error. */
export const requestCodes: CodeTable<RequestErrorName> = {
  internal_error: 0x0,
  unauthorized: 0x1,
  timeout: 0x2,
  not_supported: 0x3,
  malformed_auth_token: 0x4,
  expired_auth_token: 0x5,
  does_not_exist: 0x10,
  invalid_range: 0x11,
  malformed_track: 0x12,
  duplicate_subscription: 0x19,
  uninterested: 0x20,
  prefix_overlap: 0x30,
  invalid_joining_request_id: 0x32,
};

/** Why a subscription ended (#iana-publish-done). Draft 18 has 0x5 and 0x6 exchanged. */
export const doneCodes: CodeTable<DoneName> = {
  internal_error: 0x0,
  unauthorized: 0x1,
  track_ended: 0x2,
  subscription_ended: 0x3,
  going_away: 0x4,
  expired: 0x5,
  too_far_behind: 0x6,
  update_failed: 0x8,
  malformed_track: 0x12,
};

/**
 * Why a stream is reset or stopped (#iana-reset-stream). For what the draft has no code the nearest
 * one is sent.
 */
export const streamCodes: StreamCodes = {
  internal_error: 0x0,
  cancelled: 0x1,
  delivery_timeout: 0x2,
  session_closed: 0x3,
  going_away: 0x1,
  too_far_behind: 0x2,
  unknown_object_status: 0x4,
  expired_auth_token: 0x1,
  excessive_load: 0x0,
  malformed_track: 0x12,
};
