import assert from "node:assert/strict";
import { doneCodes, requestCodes, sessionCodes, streamCodes } from "./draft18_codes.ts";

const pinned: readonly (readonly [string, Readonly<Record<string, number>>, string])[] = [
  [
    "session",
    sessionCodes,
    `NO_ERROR 0x0, INTERNAL_ERROR 0x1, UNAUTHORIZED 0x2, PROTOCOL_VIOLATION 0x3,
    INVALID_REQUEST_ID 0x4, DUPLICATE_TRACK_ALIAS 0x5, KEY_VALUE_FORMATTING_ERROR 0x6,
    INVALID_PATH 0x8, MALFORMED_PATH 0x9, GOAWAY_TIMEOUT 0x10, CONTROL_MESSAGE_TIMEOUT 0x11,
    DATA_STREAM_TIMEOUT 0x12, AUTH_TOKEN_CACHE_OVERFLOW 0x13, DUPLICATE_AUTH_TOKEN_ALIAS 0x14,
    VERSION_NEGOTIATION_FAILED 0x15, MALFORMED_AUTH_TOKEN 0x16, UNKNOWN_AUTH_TOKEN_ALIAS 0x17,
    EXPIRED_AUTH_TOKEN 0x18, INVALID_AUTHORITY 0x19, MALFORMED_AUTHORITY 0x1a`,
  ],
  [
    "request",
    requestCodes,
    `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TIMEOUT 0x2, NOT_SUPPORTED 0x3,
    MALFORMED_AUTH_TOKEN 0x4, EXPIRED_AUTH_TOKEN 0x5, GOING_AWAY 0x6, EXCESSIVE_LOAD 0x9,
    DOES_NOT_EXIST 0x10, INVALID_RANGE 0x11, MALFORMED_TRACK 0x12, DUPLICATE_SUBSCRIPTION 0x19,
    UNINTERESTED 0x20, PREFIX_OVERLAP 0x30, NAMESPACE_TOO_LARGE 0x31,
    INVALID_JOINING_REQUEST_ID 0x32, UNSUPPORTED_EXTENSION 0x33, REDIRECT 0x34`,
  ],
  [
    "publish done",
    doneCodes,
    `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TRACK_ENDED 0x2, SUBSCRIPTION_ENDED 0x3,
    GOING_AWAY 0x4, TOO_FAR_BEHIND 0x5, EXPIRED 0x6, UPDATE_FAILED 0x8, EXCESSIVE_LOAD 0x9,
    MALFORMED_TRACK 0x12, REPLACED 0x71756d08`,
  ],
  [
    "stream",
    streamCodes,
    `INTERNAL_ERROR 0x0, CANCELLED 0x1, DELIVERY_TIMEOUT 0x2, SESSION_CLOSED 0x3, GOING_AWAY 0x4,
    TOO_FAR_BEHIND 0x5, UNKNOWN_OBJECT_STATUS 0x6, EXPIRED_AUTH_TOKEN 0x7, EXCESSIVE_LOAD 0x9,
    MALFORMED_TRACK 0x12`,
  ],
];

for (const [name, table, rows] of pinned) {
  Deno.test(`the ${name} codes are those of draft 18, each once`, () => {
    const expected = rows.split(",").map((row) => row.trim().split(/\s+/));
    assert.deepEqual(
      Object.entries(table),
      expected.map(([code, number]) => [code!.toLowerCase(), Number(number)]),
    );
    assert.equal(new Set(Object.values(table)).size, expected.length);
  });
}
