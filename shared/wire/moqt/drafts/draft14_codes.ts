import type { CodeTable, DoneName, RequestErrorName, StreamCodes } from "../model/codes.ts";

const common = {
  internal_error: 0x0,
  unauthorized: 0x1,
  timeout: 0x2,
  not_supported: 0x3,
} as const;

const tokens = { malformed_auth_token: 0x10, expired_auth_token: 0x12 } as const;

/**
 * Why a SUBSCRIBE or a TRACK_STATUS is refused (#iana-subscribe-error). Each kind of request has
 * codes of its own; what has no number is an internal error.
 */
export const subscribeCodes: CodeTable<RequestErrorName> = {
  ...common,
  does_not_exist: 0x4,
  invalid_range: 0x5,
  ...tokens,
};

/** Why a PUBLISH is refused (#iana-publish-error). */
export const publishCodes: CodeTable<RequestErrorName> = { ...common, uninterested: 0x4 };

/** Why a FETCH is refused (#iana-fetch-error). */
export const fetchCodes: CodeTable<RequestErrorName> = {
  ...common,
  does_not_exist: 0x4,
  invalid_range: 0x5,
  invalid_joining_request_id: 0x7,
  malformed_track: 0x9,
  ...tokens,
};

/** Why a PUBLISH_NAMESPACE is refused or cancelled (#iana-announce-error). */
export const publishNamespaceCodes: CodeTable<RequestErrorName> = {
  ...common,
  uninterested: 0x4,
  ...tokens,
};

/** Why a SUBSCRIBE_NAMESPACE is refused (#iana-subscribe-namespace-error). */
export const subscribeNamespaceCodes: CodeTable<RequestErrorName> = {
  ...common,
  does_not_exist: 0x4,
  prefix_overlap: 0x5,
  ...tokens,
};

/** Why a subscription ended (#iana-publish-done). */
export const doneCodes: CodeTable<DoneName> = {
  internal_error: 0x0,
  unauthorized: 0x1,
  track_ended: 0x2,
  subscription_ended: 0x3,
  going_away: 0x4,
  expired: 0x5,
  too_far_behind: 0x6,
  malformed_track: 0x7,
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
  unknown_object_status: 0x0,
  expired_auth_token: 0x1,
  excessive_load: 0x0,
  malformed_track: 0x0,
};
