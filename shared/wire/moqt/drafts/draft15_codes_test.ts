import { testCodes } from "../../../../tests/support/pinned_codes.ts";
import { draft14 } from "./draft14.ts";
import { draft15 } from "./draft15.ts";

const rowsOf = (table: Readonly<Partial<Record<string, number>>>) =>
  Object.entries(table).map((row) => row.join(" ")).join(", ");

testCodes(draft15, {
  session: rowsOf(draft14.sessionCodes),
  request: `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TIMEOUT 0x2, NOT_SUPPORTED 0x3,
    MALFORMED_AUTH_TOKEN 0x4, EXPIRED_AUTH_TOKEN 0x5, DOES_NOT_EXIST 0x10, INVALID_RANGE 0x11,
    MALFORMED_TRACK 0x12, UNINTERESTED 0x20, PREFIX_OVERLAP 0x30, INVALID_JOINING_REQUEST_ID 0x32`,
  done: `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TRACK_ENDED 0x2, SUBSCRIPTION_ENDED 0x3,
    GOING_AWAY 0x4, EXPIRED 0x5, TOO_FAR_BEHIND 0x6, UPDATE_FAILED 0x8, MALFORMED_TRACK 0x12`,
  stream: rowsOf(draft14.streamCodes),
});
