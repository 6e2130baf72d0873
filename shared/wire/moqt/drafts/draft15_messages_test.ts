import { DecodeError, unsaidProperties } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytesOf, testAllVectors } from "../../../../tests/support/message_vectors.ts";
import { draft15 } from "./draft15.ts";

const { control } = draft15;
const utf8 = (text: string) => new TextEncoder().encode(text);
const namespace = (...fields: string[]) => fields.map(utf8);
const video = { namespace: namespace("a"), name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);
const useValue = { alias: "none", type: 0n, value: utf8("t") };
const USE_VALUE = "03 03 030074";
const none = { authorizationTokens: [] };
const largestObject = { group: 5n, object: 3n };
const OF_TRACK = "02 4190 04 05 0e 07 22 02 30 01";
const track = { properties: bytesOf(OF_TRACK) };

testAllVectors(draft15, {
  clientSetup: [
    {
      name: "with absolute types",
      body: "02 02 4064 07 01 78",
      message: { versions: [], options: { ...none, maxRequestId: 100n, implementation: "x" } },
    },
  ],
  serverSetup: [{ name: "plain", body: "00", message: { version: undefined, options: none } }],
  goaway: [{ name: "plain", body: "00", message: { uri: "", timeout: 0n, requestId: undefined } }],
  maxRequestId: [{ name: "plain", body: "05", message: { limit: 5n } }],
  requestsBlocked: [{ name: "plain", body: "05", message: { limit: 5n } }],
  requestOk: [
    {
      name: "plain",
      body: "04 00",
      message: { requestId: 4n, parameters: {}, properties: nothing },
    },
    {
      name: "of a TRACK_STATUS",
      body: "04 07 02 4190 04 05 08 07 09 02 0503 0e 07 22 02 30 01",
      message: { requestId: 4n, parameters: { expires: 7n, largestObject }, ...track },
    },
  ],
  requestError: [
    {
      name: "plain",
      body: "02 10 02 6e6f",
      message: { requestId: 2n, code: "does_not_exist", retryAfter: 0n, reason: "no" },
    },
  ],
  subscribe: [
    {
      name: "with every parameter",
      body: `02 ${VIDEO} 07 02 4190 ${USE_VALUE} 10 00 20 05 21 04 04 0501 07 22 02 32 09`,
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          objectDeliveryTimeout: 400n,
          authorizationTokens: [useValue],
          forward: false,
          subscriberPriority: 5,
          filter: { type: "absolute_range", start: { group: 5n, object: 1n }, endGroup: 7n },
          groupOrder: "descending",
          newGroupRequest: 9n,
        },
      },
    },
    {
      name: "in any order, with one that nobody knows and one for others",
      body: `02 ${VIDEO} 04 32 09 4041 01 ff 10 00 08 07`,
      message: {
        requestId: 2n,
        track: video,
        parameters: { newGroupRequest: 9n, forward: false },
      },
      isOneWay: true,
    },
  ],
  subscribeOk: [
    {
      name: "plain",
      body: "00 02 00",
      message: { requestId: 0n, alias: 2n, parameters: {}, properties: nothing },
    },
    {
      name: "with everything",
      body: "00 02 07 02 4190 04 05 08 07 09 02 0503 0e 07 22 02 30 01",
      message: { requestId: 0n, alias: 2n, parameters: { expires: 7n, largestObject }, ...track },
    },
  ],
  subscribeUpdate: [
    {
      name: "that pauses",
      body: "06 02 01 10 00",
      message: { requestId: 6n, existing: 2n, parameters: { forward: false } },
    },
  ],
  unsubscribe: [{ name: "plain", body: "04", message: { requestId: 4n } }],
  publish: [
    {
      name: "plain",
      body: `01 ${VIDEO} 05 00`,
      message: { requestId: 1n, track: video, alias: 5n, parameters: {}, properties: nothing },
    },
    {
      name: "with everything",
      body: `01 ${VIDEO} 05 08 02 4190 ${USE_VALUE} 04 05 08 07 0e 07 10 00 22 02 30 01`,
      message: {
        requestId: 1n,
        track: video,
        alias: 5n,
        parameters: { authorizationTokens: [useValue], expires: 7n, forward: false },
        ...track,
      },
    },
  ],
  publishOk: [
    {
      name: "with some",
      body: "01 03 10 01 20 4080 21 01 01",
      message: {
        requestId: 1n,
        parameters: { forward: true, subscriberPriority: 128, filter: { type: "next_group" } },
        properties: nothing,
      },
    },
  ],
  publishDone: [
    {
      name: "of a malformed track",
      body: "02 12 03 00",
      message: { requestId: 2n, code: "malformed_track", streamCount: 3n, reason: "" },
    },
  ],
  fetch: [
    {
      name: "that joins",
      body: "04 02 02 01 02 20 07 22 02",
      message: {
        requestId: 4n,
        range: { type: "relative_joining", requestId: 2n, start: 1n },
        parameters: { subscriberPriority: 7, groupOrder: "descending" },
      },
    },
  ],
  fetchOk: [
    {
      name: "to be kept for a while",
      body: "04 01 05 04 01 04 4190",
      message: {
        requestId: 4n,
        endOfTrack: true,
        end: { group: 5n, object: 3n },
        parameters: {},
        properties: bytesOf("04 4190"),
      },
    },
  ],
  fetchCancel: [{ name: "plain", body: "04", message: { requestId: 4n } }],
  trackStatus: [
    {
      name: "plain",
      body: `02 ${VIDEO} 00`,
      message: { requestId: 2n, track: video, parameters: {} },
    },
  ],
  publishNamespace: [
    {
      name: "plain",
      body: "00 01 0161 00",
      message: { requestId: 0n, namespace: namespace("a"), parameters: {} },
    },
  ],
  publishNamespaceDone: [
    { name: "plain", body: "01 0161", message: { namespace: namespace("a") } },
  ],
  publishNamespaceCancel: [
    {
      name: "plain",
      body: "01 0161 20 00",
      message: { namespace: namespace("a"), code: "uninterested", reason: "" },
    },
  ],
  subscribeNamespace: [
    {
      name: "paused",
      body: "02 01 0161 01 10 00",
      message: {
        requestId: 2n,
        prefix: namespace("a"),
        wants: "both",
        parameters: { forward: false },
      },
    },
  ],
  unsubscribeNamespace: [{ name: "plain", body: "02", message: { requestId: 2n } }],
});

Deno.test("moqt-15: R-021: messages of drafts 14 and 16 alone are refused", () => {
  for (const type of [0x8n, 0xen, 0xfn, 0x12n, 0x13n, 0x19n, 0x1fn]) {
    assert.equal(control.knows(type), false);
    assert.throws(() => control.decode(type, bytesOf("00")), DecodeError);
  }
});

Deno.test("moqt-15: what it has no words for of a track is left out, and can be counted", () => {
  const properties = bytesOf("02 05 30 01 4041 00");
  const ok = { kind: "subscribeOk", requestId: 0n, alias: 2n, parameters: {}, properties } as const;
  assert.deepEqual(control.encode(ok), bytesOf("04 0007 00 02 02 02 05 30 01"));
  assert.equal(unsaidProperties(draft15, properties), 1);
});
