import type { CodeTable, DoneName, RequestErrorName, SessionCodes } from "../model/codes.ts";
import { doneCodes as doneCodes18 } from "./draft18_codes.ts";
import { requestCodes as requestCodes19, sessionCodes as sessionCodes19 } from "./draft19_codes.ts";

const { version_negotiation_failed: _version, ...session } = sessionCodes19;

/** Why a session is closed (#iana-session-termination). */
export const sessionCodes = session satisfies SessionCodes;

const { invalid_joining_request_id: _joining, ...request } = requestCodes19;

/** Why a request is refused (#iana-request-error). */
export const requestCodes = request satisfies CodeTable<RequestErrorName>;

const { subscription_ended: _ended, ...done } = doneCodes18;

/** Why a subscription ended (#iana-publish-done). */
export const doneCodes = done satisfies CodeTable<DoneName>;
