import assert from "node:assert/strict";
import { bytesOf, testVectors } from "../../../../tests/support/message_vectors.ts";
import { DecodeError } from "../../errors.ts";
import { draft18 } from "./draft18.ts";
import { draft19 } from "./draft19.ts";
import { parameterTable } from "./draft19_parameters.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const video = { namespace: [utf8("a")], name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);

testVectors(draft19, [
  { kind: "goaway", name: "without a URI", body: "00 00", message: { uri: "", timeout: 0n } },
  {
    kind: "goaway",
    name: "with a URI",
    body: "02 6d3a 9388",
    message: { uri: "m:", timeout: 5000n },
  },
  {
    kind: "subscribe",
    name: "with filters by ranges",
    body: `02 ${VIDEO} 05 10 01 11 01 02 04 03 000305 00 01 01 03 02 0008`,
    message: {
      requestId: 2n,
      track: video,
      parameters: {
        forward: true,
        filter: { type: "largest_object" },
        subgroupFilters: [bytesOf("000305"), bytesOf("01")],
        objectPropertyFilters: [bytesOf("0008")],
      },
    },
  },
  {
    kind: "fetch",
    name: "that joins, with a filter by object ids",
    body: "04 02 02 01 02 22 02 04 01 00",
    message: {
      requestId: 4n,
      range: { type: "relative_joining", requestId: 2n, start: 1n },
      parameters: { groupOrder: "descending", objectIdFilters: [bytesOf("00")] },
    },
  },
  {
    kind: "subscribeTracks",
    name: "with an order and a filter of tracks",
    body: "02 01 0161 03 10 00 12 02 07 02 000e",
    message: {
      requestId: 2n,
      prefix: video.namespace,
      parameters: {
        forward: false,
        groupOrder: "descending",
        trackPropertyFilters: [bytesOf("000e")],
      },
    },
  },
  {
    kind: "requestUpdate",
    name: "that removes a filter",
    body: "06 01 27 00",
    message: { requestId: 6n, parameters: { priorityFilters: [nothing] } },
  },
  {
    kind: "requestOk",
    name: "to a PUBLISH",
    body: "03 10 01 10 40 01 01 01",
    message: {
      parameters: {
        forward: true,
        subscriberPriority: 64,
        filter: { type: "next_group" },
      },
      properties: nothing,
    },
  },
  {
    kind: "requestError",
    name: "of a filter",
    body: "36 00 00",
    message: { code: "invalid_filter", retryAfter: 0n, reason: "" },
  },
  {
    kind: "requestError",
    name: "with a number of draft 18",
    body: "19 00 00",
    message: { code: "unknown", retryAfter: 0n, reason: "" },
    isOneWay: true,
  },
]);

Deno.test("draft 19: a GOAWAY that names a request is refused, and ours names none", () => {
  assert.throws(() => draft19.control.decode(0x10n, bytesOf("00 00 02")), DecodeError);
  const goaway = { kind: "goaway", uri: "", timeout: 0n, requestId: 2n } as const;
  assert.equal(draft19.control.encode(goaway).toHex(), "1000020000");
});

Deno.test("draft 19: an order of groups does not go with the answer to a PUBLISH", () => {
  assert.throws(() => draft19.control.decode(0x7n, bytesOf("01 22 01")), DecodeError);
  assert.ok(!draft19.parameters.ok.publish.includes("groupOrder"));
});

Deno.test("draft 19: an answer of its own for PUBLISH is not known any more", () => {
  assert.ok(draft18.control.knows(0x1en));
  assert.ok(!draft19.control.knows(0x1en));
});

Deno.test("draft 19: five filters by ranges stand between the order of groups and new groups", () => {
  assert.deepEqual(
    Object.entries(parameterTable).filter(([, { type }]) => type >= 0x22n && type <= 0x34n)
      .map(([name, { type }]) => [name, Number(type)]),
    [
      ["groupOrder", 0x22],
      ["subgroupFilters", 0x25],
      ["objectIdFilters", 0x26],
      ["priorityFilters", 0x27],
      ["objectPropertyFilters", 0x28],
      ["trackPropertyFilters", 0x29],
      ["newGroupRequest", 0x32],
      ["namespacePrefix", 0x34],
    ],
  );
});

Deno.test("draft 19: its codes are those of draft 18 but for one less and three more", () => {
  const { duplicate_subscription: _, ...kept } = draft18.requestCodes;
  assert.deepEqual(draft19.requestCodes, {
    ...kept,
    conflicting_filters: 0x35,
    invalid_filter: 0x36,
  });
  assert.deepEqual(draft19.sessionCodes, {
    ...draft18.sessionCodes,
    too_many_request_updates: 0x1b,
  });
  assert.equal(draft19.doneCodes, draft18.doneCodes);
  assert.equal(draft19.streamCodes, draft18.streamCodes);
  assert.deepEqual(draft19.data, {
    ...draft18.data,
    name: "moqt-19",
    live: draft18.data,
    hasObjectTimeouts: true,
  });
});
