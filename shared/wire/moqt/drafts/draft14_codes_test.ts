import assert from "node:assert/strict";
import { code } from "../control/code.ts";
import { testCodes } from "../../../../tests/support/pinned_codes.ts";
import { draft14 } from "./draft14.ts";
import {
  fetchCodes,
  publishCodes,
  publishNamespaceCodes,
  subscribeNamespaceCodes,
} from "./draft14_codes.ts";
import { draft16 } from "./draft16.ts";

testCodes(draft14, {
  session: Object.entries(draft16.sessionCodes).map((row) => row.join(" ")).join(", "),
  request: `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TIMEOUT 0x2, NOT_SUPPORTED 0x3,
    DOES_NOT_EXIST 0x4, INVALID_RANGE 0x5, MALFORMED_AUTH_TOKEN 0x10, EXPIRED_AUTH_TOKEN 0x12`,
  done: `INTERNAL_ERROR 0x0, UNAUTHORIZED 0x1, TRACK_ENDED 0x2, SUBSCRIPTION_ENDED 0x3,
    GOING_AWAY 0x4, EXPIRED 0x5, TOO_FAR_BEHIND 0x6, MALFORMED_TRACK 0x7`,
  // The draft has INTERNAL_ERROR, CANCELLED, DELIVERY_TIMEOUT and SESSION_CLOSED; the others are what
  // comes nearest.
  stream: `INTERNAL_ERROR 0x0, CANCELLED 0x1, DELIVERY_TIMEOUT 0x2, SESSION_CLOSED 0x3,
    GOING_AWAY 0x1, TOO_FAR_BEHIND 0x2, UNKNOWN_OBJECT_STATUS 0x0, EXPIRED_AUTH_TOKEN 0x1,
    EXCESSIVE_LOAD 0x0, MALFORMED_TRACK 0x0`,
});

const tables: readonly (readonly [string, Parameters<typeof code>[0], readonly number[]])[] = [
  ["publish", publishCodes, [0, 1, 2, 3, 4]],
  ["fetch", fetchCodes, [0, 1, 2, 3, 4, 5, 7, 9, 0x10, 0x12]],
  ["publishNamespace", publishNamespaceCodes, [0, 1, 2, 3, 4, 0x10, 0x12]],
  ["subscribeNamespace", subscribeNamespaceCodes, [0, 1, 2, 3, 4, 5, 0x10, 0x12]],
];

for (const [request, table, numbers] of tables) {
  Deno.test(`moq-00: the codes by which ${request} is refused are its own`, () => {
    const found = Object.values(table) as number[];
    assert.deepEqual(found.toSorted((a, b) => a - b), numbers);
  });
}

Deno.test("moq-00: one number means different things to different requests", () => {
  assert.equal(publishCodes.uninterested, 0x4);
  assert.equal(fetchCodes.does_not_exist, 0x4);
  assert.equal(subscribeNamespaceCodes.prefix_overlap, fetchCodes.invalid_range);
});
