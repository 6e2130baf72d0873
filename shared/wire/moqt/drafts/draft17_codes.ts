import type {
  CodeTable,
  DoneName,
  RequestErrorName,
  SessionCodes,
  StreamCodes,
} from "../model/codes.ts";
import { doneCodes as doneCodes16, requestCodes as requestCodes16 } from "./draft16_codes.ts";
import { sessionCodes as sessionCodes18 } from "./draft18_codes.ts";

/** Why a session is closed. */
export const sessionCodes: SessionCodes = sessionCodes18;

/** Why a request is refused. What has no number is an internal error. */
export const requestCodes: CodeTable<RequestErrorName> = {
  ...requestCodes16,
  going_away: 0x6,
  excessive_load: 0x9,
  namespace_too_large: 0x31,
};

/** Why a subscription ended, with the numbers of draft 16. */
export const doneCodes: CodeTable<DoneName> = { ...doneCodes16, excessive_load: 0x9 };

/** Why a stream is reset or stopped. For what the draft has no code the nearest one is sent. */
export const streamCodes: StreamCodes = {
  internal_error: 0x0,
  cancelled: 0x1,
  delivery_timeout: 0x2,
  session_closed: 0x3,
  going_away: 0x1,
  too_far_behind: 0x5,
  unknown_object_status: 0x4,
  expired_auth_token: 0x1,
  excessive_load: 0x9,
  malformed_track: 0x12,
};
