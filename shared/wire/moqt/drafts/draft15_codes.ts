import type { CodeTable, DoneName, RequestErrorName } from "../model/codes.ts";
import { doneCodes as doneCodes16, requestCodes as requestCodes16 } from "./draft16_codes.ts";

const { duplicate_subscription: _, ...requestCodes15 } = requestCodes16;

/** Why a request is refused: as in draft 16, in which DUPLICATE_SUBSCRIPTION is new. */
export const requestCodes: CodeTable<RequestErrorName> = requestCodes15;

/** Why a subscription ended: as in draft 16. */
export const doneCodes: CodeTable<DoneName> = doneCodes16;
