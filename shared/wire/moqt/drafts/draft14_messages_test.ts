import { DecodeError, EncodeError, unsaidProperties } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytesOf, testAllVectors } from "../../../../tests/support/message_vectors.ts";
import { draft14 } from "./draft14.ts";

const { control } = draft14;
const utf8 = (text: string) => new TextEncoder().encode(text);
const namespace = (...fields: string[]) => fields.map(utf8);
const video = { namespace: namespace("a"), name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);
const useValue = { alias: "none", type: 0n, value: utf8("t") };
const USE_VALUE = "03 03 030074";
const none = { authorizationTokens: [] };
const start = { group: 5n, object: 1n };
const largestObject = { group: 5n, object: 3n };
const refusal = { retryAfter: 0n };
const plainOk = { parameters: {}, properties: nothing };

testAllVectors(draft14, {
  clientSetup: [
    {
      name: "of one version",
      body: "01 c0000000ff00000e 00",
      message: { versions: [0xff00000en], options: none },
    },
    {
      name: "of two versions, with parameters of absolute types",
      body: "02 c0000000ff00000e c0000000ff00000d 03 02 4064 01 01 2f 05 03 683a31",
      message: {
        versions: [0xff00000en, 0xff00000dn],
        options: { ...none, path: "/", authority: "h:1", maxRequestId: 100n },
      },
      isOneWay: true,
    },
    {
      name: "of two versions, with parameters in their order",
      body: "01 c0000000ff00000e 02 01 01 2f 02 4064",
      message: {
        versions: [0xff00000en],
        options: { ...none, path: "/", maxRequestId: 100n },
      },
    },
  ],
  serverSetup: [
    {
      name: "that takes requests",
      body: "c0000000ff00000e 01 02 4064",
      message: { version: 0xff00000en, options: { ...none, maxRequestId: 100n } },
    },
  ],
  goaway: [{ name: "plain", body: "00", message: { uri: "", timeout: 0n, requestId: undefined } }],
  maxRequestId: [{ name: "plain", body: "4064", message: { limit: 100n } }],
  requestsBlocked: [{ name: "plain", body: "05", message: { limit: 5n } }],
  subscribe: [
    {
      name: "from now on",
      body: `00 ${VIDEO} 80 00 01 02 00`,
      message: {
        requestId: 0n,
        track: video,
        parameters: {
          subscriberPriority: 128,
          forward: true,
          filter: { type: "largest_object" },
        },
      },
    },
    {
      name: "of a range, with every field and parameter",
      body: `02 ${VIDEO} ff 02 00 04 05 01 07 02 02 4190 ${USE_VALUE}`,
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          objectDeliveryTimeout: 400n,
          authorizationTokens: [useValue],
          subscriberPriority: 255,
          groupOrder: "descending",
          forward: false,
          filter: { type: "absolute_range", start, endGroup: 7n },
        },
      },
    },
    {
      name: "with parameters that nobody knows or that are for others, which are left out",
      body: `02 ${VIDEO} 80 01 01 03 05 01 03 41ff 02 0102 40fe 05 04 07`,
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          subscriberPriority: 128,
          groupOrder: "ascending",
          forward: true,
          filter: { type: "absolute_start", start },
        },
      },
      isOneWay: true,
    },
  ],
  subscribeOk: [
    {
      name: "of a track without objects",
      body: "00 02 00 01 00 00",
      message: { requestId: 0n, alias: 2n, parameters: {}, properties: nothing },
    },
    {
      name: "with everything",
      body: "00 02 4400 02 01 05 03 02 02 4190 04 05",
      message: {
        requestId: 0n,
        alias: 2n,
        parameters: { expires: 1024n, largestObject },
        properties: bytesOf("02 4190 04 05 22 02"),
      },
    },
  ],
  subscribeError: [
    {
      name: "of a track that is not there",
      body: "02 04 02 6e6f",
      message: { requestId: 2n, code: "does_not_exist", reason: "no", ...refusal },
    },
    {
      name: "with a code that nobody knows",
      body: "02 09 00",
      message: { requestId: 2n, code: "unknown", reason: "", ...refusal },
      isOneWay: true,
    },
  ],
  subscribeUpdate: [
    {
      name: "without an end",
      body: "06 02 05 01 00 80 01 00",
      message: {
        requestId: 6n,
        existing: 2n,
        parameters: {
          filter: { type: "absolute_start", start },
          subscriberPriority: 128,
          forward: true,
        },
      },
    },
    {
      name: "with an end, paused",
      body: `06 02 05 01 08 01 00 01 ${USE_VALUE}`,
      message: {
        requestId: 6n,
        existing: 2n,
        parameters: {
          authorizationTokens: [useValue],
          filter: { type: "absolute_range", start, endGroup: 7n },
          subscriberPriority: 1,
          forward: false,
        },
      },
    },
  ],
  unsubscribe: [{ name: "plain", body: "04", message: { requestId: 4n } }],
  publish: [
    {
      name: "plain",
      body: `01 ${VIDEO} 05 01 00 01 00`,
      message: {
        requestId: 1n,
        track: video,
        alias: 5n,
        parameters: { forward: true },
        properties: nothing,
      },
    },
    {
      name: "with everything",
      body: `01 ${VIDEO} 05 02 01 05 03 00 03 02 01 ${USE_VALUE} 04 05`,
      message: {
        requestId: 1n,
        track: video,
        alias: 5n,
        parameters: { authorizationTokens: [useValue], largestObject, forward: false },
        properties: bytesOf("02 01 04 05 22 02"),
      },
    },
  ],
  publishOk: [
    {
      name: "from now on",
      body: "01 01 80 01 02 00",
      message: {
        requestId: 1n,
        parameters: {
          forward: true,
          subscriberPriority: 128,
          groupOrder: "ascending",
          filter: { type: "largest_object" },
        },
        properties: nothing,
      },
    },
    {
      name: "from a location on, with a timeout",
      body: "01 00 07 02 03 05 01 01 02 4190",
      message: {
        requestId: 1n,
        parameters: {
          objectDeliveryTimeout: 400n,
          forward: false,
          subscriberPriority: 7,
          groupOrder: "descending",
          filter: { type: "absolute_start", start },
        },
        properties: nothing,
      },
    },
  ],
  publishError: [
    {
      name: "of a track that nobody wants",
      body: "01 04 00",
      message: { requestId: 1n, code: "uninterested", reason: "", ...refusal },
    },
  ],
  publishDone: [
    {
      name: "of a malformed track",
      body: "02 07 03 00",
      message: { requestId: 2n, code: "malformed_track", streamCount: 3n, reason: "" },
    },
    {
      name: "that ran out",
      body: "02 05 00 00",
      message: { requestId: 2n, code: "expired", streamCount: 0n, reason: "" },
    },
  ],
  fetch: [
    {
      name: "of a range, in the publisher's order",
      body: `04 80 00 01 ${VIDEO} 01 02 03 05 00`,
      message: {
        requestId: 4n,
        range: {
          type: "standalone",
          track: video,
          start: { group: 1n, object: 2n },
          end: { group: 3n, object: 4n },
        },
        parameters: { subscriberPriority: 128 },
      },
    },
    {
      name: "that joins, with a token",
      body: `04 07 02 02 02 01 01 ${USE_VALUE}`,
      message: {
        requestId: 4n,
        range: { type: "relative_joining", requestId: 2n, start: 1n },
        parameters: {
          authorizationTokens: [useValue],
          subscriberPriority: 7,
          groupOrder: "descending",
        },
      },
    },
  ],
  fetchOk: [
    {
      name: "up to the end of the track",
      body: "04 01 01 05 04 00",
      message: {
        requestId: 4n,
        order: "ascending",
        endOfTrack: true,
        end: { group: 5n, object: 3n },
        parameters: {},
        properties: nothing,
      },
    },
    {
      name: "in descending order, to be kept for a while",
      body: "04 02 00 05 00 01 04 4190",
      message: {
        requestId: 4n,
        order: "descending",
        endOfTrack: false,
        end: { group: 5n, object: 2n ** 64n - 1n },
        parameters: {},
        properties: bytesOf("04 4190"),
      },
    },
  ],
  fetchError: [
    {
      name: "of a joining fetch",
      body: "04 07 00",
      message: { requestId: 4n, code: "invalid_joining_request_id", reason: "", ...refusal },
    },
  ],
  fetchCancel: [{ name: "plain", body: "04", message: { requestId: 4n } }],
  trackStatus: [
    {
      name: "plain",
      body: `02 ${VIDEO} 80 00 01 02 00`,
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          subscriberPriority: 128,
          forward: true,
          filter: { type: "largest_object" },
        },
      },
    },
  ],
  trackStatusOk: [
    {
      name: "with everything",
      body: "02 00 07 02 01 05 03 01 04 05",
      message: {
        requestId: 2n,
        parameters: { expires: 7n, largestObject },
        properties: bytesOf("04 05 22 02"),
      },
    },
  ],
  trackStatusError: [
    {
      name: "of a token",
      body: "02 10 00",
      message: { requestId: 2n, code: "malformed_auth_token", reason: "", ...refusal },
    },
  ],
  publishNamespace: [
    {
      name: "with a token",
      body: `00 02 0161 0162 01 ${USE_VALUE}`,
      message: {
        requestId: 0n,
        namespace: namespace("a", "b"),
        parameters: { authorizationTokens: [useValue] },
      },
    },
  ],
  publishNamespaceOk: [
    { name: "plain", body: "00", message: { requestId: 0n, ...plainOk }, alsoWhole: [2] },
    {
      name: "with parameters, which the draft does not have there",
      body: "00 01 04 05",
      message: { requestId: 0n, ...plainOk },
      alsoWhole: [1],
      isOneWay: true,
    },
  ],
  publishNamespaceError: [
    {
      name: "of one that nobody wants",
      body: "00 04 00",
      message: { requestId: 0n, code: "uninterested", reason: "", ...refusal },
    },
  ],
  publishNamespaceDone: [
    { name: "plain", body: "01 0161", message: { namespace: namespace("a") } },
  ],
  publishNamespaceCancel: [
    {
      name: "with a reason",
      body: "01 0161 12 02 6e6f",
      message: { namespace: namespace("a"), code: "expired_auth_token", reason: "no" },
    },
  ],
  subscribeNamespace: [
    {
      name: "plain",
      body: "02 01 0161 00",
      message: { requestId: 2n, prefix: namespace("a"), wants: "both", parameters: {} },
    },
    {
      name: "of everything, which the draft does not have and clients send",
      body: "02 00 00",
      message: { requestId: 2n, prefix: [], wants: "both", parameters: {} },
      isOneWay: true,
    },
  ],
  subscribeNamespaceOk: [
    { name: "plain", body: "02", message: { requestId: 2n, ...plainOk }, alsoWhole: [2] },
  ],
  subscribeNamespaceError: [
    {
      name: "of one that overlaps",
      body: "02 05 00",
      message: { requestId: 2n, code: "prefix_overlap", reason: "", ...refusal },
    },
  ],
  unsubscribeNamespace: [
    { name: "plain", body: "01 0161", message: { namespace: namespace("a") }, alsoWhole: [1] },
    {
      name: "by the request, against the draft",
      body: "02",
      message: { requestId: 2n },
      isOneWay: true,
    },
  ],
});

Deno.test("moq-00: the types of the messages are those of the draft, each once", () => {
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(control.messages).map(([name, { type }]) => [name, Number(type)]),
    ),
    {
      clientSetup: 0x20,
      serverSetup: 0x21,
      goaway: 0x10,
      maxRequestId: 0x15,
      requestsBlocked: 0x1a,
      subscribe: 0x3,
      subscribeOk: 0x4,
      subscribeError: 0x5,
      subscribeUpdate: 0x2,
      unsubscribe: 0xa,
      publish: 0x1d,
      publishOk: 0x1e,
      publishError: 0x1f,
      publishDone: 0xb,
      fetch: 0x16,
      fetchOk: 0x18,
      fetchError: 0x19,
      fetchCancel: 0x17,
      trackStatus: 0xd,
      trackStatusOk: 0xe,
      trackStatusError: 0xf,
      publishNamespace: 0x6,
      publishNamespaceOk: 0x7,
      publishNamespaceError: 0x8,
      publishNamespaceDone: 0x9,
      publishNamespaceCancel: 0xc,
      subscribeNamespace: 0x11,
      subscribeNamespaceOk: 0x12,
      subscribeNamespaceError: 0x13,
      unsubscribeNamespace: 0x14,
    },
  );
});

function refuses(type: bigint, body: string): void {
  assert.throws(() => control.decode(type, bytesOf(body)), DecodeError, `${type}: ${body}`);
}

Deno.test("moq-00: R-032: fields that hold what does not exist are refused", () => {
  for (const fields of ["80 03 01 02", "80 00 02 02", "80 00 01 00", "80 00 01 05"]) {
    refuses(0x3n, `00 ${VIDEO} ${fields} 00`);
  }
  // A range that ends before it begins.
  refuses(0x3n, `00 ${VIDEO} 80 00 01 04 0501 04 00`);
  refuses(0x2n, "06 02 0501 05 80 01 00");
  // An order that is none, and a largest object that is neither there nor not.
  for (const fields of ["03 00", "01 02"]) refuses(0x4n, `00 02 00 ${fields} 00`);
  refuses(0x1en, "01 01 80 03 02 00");
  refuses(0x18n, "04 03 01 0504 00");
});

Deno.test("moq-00: an answer with no order, against the draft, is one in ascending order", () => {
  const ok = control.decode(0x4n, bytesOf("00 02 00 00 00 00"));
  assert.deepEqual(control.encode(ok), bytesOf("04 0006 00 02 00 01 00 00"));
});

Deno.test("moq-00: what a request leaves out is written as the draft's default", () => {
  const request = { requestId: 0n, track: video, parameters: {} };
  const subscribe = control.encode({ kind: "subscribe", ...request });
  assert.deepEqual(subscribe, bytesOf(`03 000d 00 ${VIDEO} 80 00 01 03 0000 00`));
  const answer = { requestId: 1n, parameters: {}, properties: nothing };
  const publishOk = control.encode({ kind: "requestOk", to: "publish", ...answer });
  assert.deepEqual(publishOk, bytesOf("1e 0006 01 01 80 01 02 00"));
});

Deno.test("moq-00: an update is written whole or not at all, and answered by nobody", () => {
  const update = { kind: "requestUpdate", requestId: 6n, existing: 2n } as const;
  for (
    const parameters of [
      { forward: true },
      { forward: true, subscriberPriority: 1, filter: { type: "largest_object" } },
      { forward: true, filter: { type: "absolute_start", start } },
    ] as const
  ) {
    assert.throws(() => control.encode({ ...update, parameters }), EncodeError);
  }
  assert.throws(
    () => control.encode({ kind: "requestOk", to: "requestUpdate", requestId: 6n, ...plainOk }),
    EncodeError,
  );
});

Deno.test("moq-00: what it has no words for of a track is left out, and can be counted", () => {
  const properties = bytesOf("02 05 0e 07 22 02 30 01 4041 00");
  const ok = { kind: "subscribeOk", requestId: 0n, alias: 2n, parameters: {}, properties } as const;
  assert.deepEqual(control.encode(ok), bytesOf("04 0008 00 02 00 02 00 01 02 05"));
  assert.equal(unsaidProperties(draft14, properties), 3);
});

Deno.test("moq-00: of everything nothing is asked", () => {
  const request = { requestId: 2n, prefix: [], wants: "both", parameters: {} } as const;
  assert.throws(() => control.encode({ kind: "subscribePrefix", ...request }), EncodeError);
});
