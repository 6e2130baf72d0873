import type { CodeTable, RequestErrorName, SessionCodes } from "../model/codes.ts";
import { requestCodes as requestCodes18, sessionCodes as sessionCodes18 } from "./draft18_codes.ts";

/** Why a session is closed (#iana-session-termination). */
export const sessionCodes = {
  ...sessionCodes18,
  too_many_request_updates: 0x1b,
} as const satisfies SessionCodes;

const { duplicate_subscription: _, ...kept } = requestCodes18;

/** Why a request is refused (#iana-request-error). */
export const requestCodes = {
  ...kept,
  conflicting_filters: 0x35,
  invalid_filter: 0x36,
} as const satisfies CodeTable<RequestErrorName>;
