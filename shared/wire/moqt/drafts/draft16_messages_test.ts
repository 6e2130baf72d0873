import { DecodeError, EncodeError, type MultiplexedMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytesOf, testAllVectors } from "../../../../tests/support/message_vectors.ts";
import { draft16 } from "./draft16.ts";

const { control } = draft16;
const MAX = 2n ** 62n - 1n;
const MAX_HEX = "ffffffffffffffff";
const utf8 = (text: string) => new TextEncoder().encode(text);
const namespace = (...fields: string[]) => fields.map(utf8);
const video = { namespace: namespace("a"), name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);
const useValue = { alias: "none", type: 0n, value: utf8("t") };
const TOKEN = "03 030074";
const USE_VALUE = `03 ${TOKEN}`;
const none = { authorizationTokens: [] };

testAllVectors(draft16, {
  clientSetup: [
    { name: "without parameters", body: "00", message: { versions: [], options: none } },
    {
      name: "of the guide",
      body: "02 02 4064 05 04 74657374",
      message: {
        versions: [],
        options: { ...none, maxRequestId: 100n, implementation: "test" },
      },
    },
    {
      name: "with every parameter of the draft",
      body: "06 01 09 2f6c6976653f783d31 01 07 01 03 030074 01 5000 01 03 683a31 02 01 78",
      message: {
        versions: [],
        options: {
          path: "/live?x=1",
          maxRequestId: 7n,
          authorizationTokens: [{ alias: "none", type: 0n, value: utf8("t") }],
          maxAuthTokenCacheSize: 4096n,
          authority: "h:1",
          implementation: "x",
        },
      },
    },
    {
      name: "with unknown parameters, twice",
      body: "04 02 01 05 01 78 02 00 00 00",
      message: { versions: [], options: { ...none, maxRequestId: 1n, implementation: "x" } },
      isOneWay: true,
    },
  ],
  serverSetup: [
    { name: "without parameters", body: "00", message: { version: undefined, options: none } },
    {
      name: "that takes requests",
      body: "01 02 4064",
      message: { version: undefined, options: { ...none, maxRequestId: 100n } },
    },
  ],
  goaway: [
    { name: "without a URI", body: "00", message: goaway("") },
    { name: "with a URI", body: "0a 6d6f71743a2f2f683a31", message: goaway("moqt://h:1") },
  ],
  maxRequestId: [
    { name: "small", body: "05", message: { limit: 5n } },
    { name: "of the most", body: MAX_HEX, message: { limit: MAX } },
  ],
  requestsBlocked: [{ name: "at two bytes", body: "4064", message: { limit: 100n } }],
  requestOk: [
    { name: "plain", body: "04 00", message: requestOk(4n, {}) },
    {
      name: "of a TRACK_STATUS",
      body: "04 02 08 07 01 02 0503",
      message: requestOk(4n, { expires: 7n, largestObject: { group: 5n, object: 3n } }),
    },
    {
      name: "with a parameter of other messages, which is left out",
      body: "04 01 10 01",
      message: requestOk(4n, {}),
      isOneWay: true,
    },
  ],
  requestError: [
    {
      name: "to be asked again",
      body: "02 10 01 02 6e6f",
      message: { requestId: 2n, code: "does_not_exist", retryAfter: 1n, reason: "no" },
    },
    {
      name: "with a code that nobody knows",
      body: "02 4100 00 00",
      message: { requestId: 2n, code: "unknown", retryAfter: 0n, reason: "" },
      isOneWay: true,
    },
  ],
  subscribe: [
    {
      name: "plain",
      body: `00 ${VIDEO} 00`,
      message: { requestId: 0n, track: video, parameters: {} },
    },
    {
      name: "of the guide",
      body: "02 01 0161 0176 04 10 01 10 4080 01 01 01 01 01",
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          forward: true,
          subscriberPriority: 128,
          filter: { type: "next_group" },
          groupOrder: "ascending",
        },
      },
    },
    {
      name: "with every parameter",
      body: `02 ${VIDEO} 07 02 4190 01 ${TOKEN} 0d 00 10 05 01 04 04 0501 07 01 02 10 09`,
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
      name: "from a location on",
      body: `02 ${VIDEO} 01 21 03 03 0501`,
      message: {
        requestId: 2n,
        track: video,
        parameters: { filter: { type: "absolute_start", start: { group: 5n, object: 1n } } },
      },
    },
    {
      name: "with EXPIRES, which is not for it",
      body: `02 ${VIDEO} 01 08 07`,
      message: { requestId: 2n, track: video, parameters: {} },
      isOneWay: true,
    },
  ],
  subscribeOk: [
    {
      name: "of the guide",
      body: "00 02 01 09 02 05 03 |",
      message: {
        requestId: 0n,
        alias: 2n,
        parameters: { largestObject: { group: 5n, object: 3n } },
        properties: nothing,
      },
    },
    {
      name: "with properties",
      body: "00 02 01 08 4400 | 02 05 02 4064",
      message: {
        requestId: 0n,
        alias: 2n,
        parameters: { expires: 1024n },
        properties: bytesOf("02 05 02 4064"),
      },
    },
  ],
  requestUpdate: [
    {
      name: "that pauses",
      body: "06 02 01 10 00",
      message: { requestId: 6n, existing: 2n, parameters: { forward: false } },
    },
    {
      name: "with every parameter",
      body: `06 02 06 02 01 01 ${TOKEN} 0d 01 10 40ff 01 01 02 11 00`,
      message: {
        requestId: 6n,
        existing: 2n,
        parameters: {
          objectDeliveryTimeout: 1n,
          authorizationTokens: [useValue],
          forward: true,
          subscriberPriority: 255,
          filter: { type: "largest_object" },
          newGroupRequest: 0n,
        },
      },
    },
  ],
  unsubscribe: [{ name: "plain", body: "4064", message: { requestId: 100n } }],
  publish: [
    {
      name: "plain",
      body: `01 ${VIDEO} 05 00 |`,
      message: { requestId: 1n, track: video, alias: 5n, parameters: {}, properties: nothing },
    },
    {
      name: "with everything",
      body: `01 ${VIDEO} 05 04 ${USE_VALUE} 05 07 01 02 0503 07 00 | 0e 05`,
      message: {
        requestId: 1n,
        track: video,
        alias: 5n,
        parameters: {
          authorizationTokens: [useValue],
          expires: 7n,
          largestObject: { group: 5n, object: 3n },
          forward: false,
        },
        properties: bytesOf("0e05"),
      },
    },
  ],
  publishOk: [
    { name: "plain", body: "01 00", message: requestOk(1n, {}) },
    {
      name: "with everything",
      body: "01 07 02 01 06 02 08 01 10 4080 01 01 01 01 01 10 00",
      message: requestOk(1n, {
        objectDeliveryTimeout: 1n,
        expires: 2n,
        forward: true,
        subscriberPriority: 128,
        filter: { type: "next_group" },
        groupOrder: "ascending",
        newGroupRequest: 0n,
      }),
    },
  ],
  publishDone: [
    {
      name: "of a track that ended",
      body: "02 02 03 00",
      message: { requestId: 2n, code: "track_ended", streamCount: 3n, reason: "" },
    },
    {
      name: "of nobody knows how many streams",
      body: `02 06 ${MAX_HEX} 04 736c6f77`,
      message: { requestId: 2n, code: "too_far_behind", streamCount: MAX, reason: "slow" },
    },
  ],
  fetch: [
    {
      name: "of a range",
      body: `04 01 ${VIDEO} 01 02 03 05 00`,
      message: {
        requestId: 4n,
        range: {
          type: "standalone",
          track: video,
          start: { group: 1n, object: 2n },
          end: { group: 3n, object: 4n },
        },
        parameters: {},
      },
    },
    {
      name: "that joins, with every parameter",
      body: `04 02 02 01 03 ${USE_VALUE} 1d 07 02 02`,
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
    {
      name: "that joins at a group",
      body: "04 03 02 09 00",
      message: {
        requestId: 4n,
        range: { type: "absolute_joining", requestId: 2n, start: 9n },
        parameters: {},
      },
    },
  ],
  fetchOk: [
    {
      name: "up to the end of the track",
      body: "04 01 05 04 00 |",
      message: {
        requestId: 4n,
        endOfTrack: true,
        end: { group: 5n, object: 3n },
        parameters: {},
        properties: nothing,
      },
    },
    {
      name: "up to the end of a group, with properties",
      body: "04 00 05 00 00 | 22 02",
      message: {
        requestId: 4n,
        endOfTrack: false,
        end: { group: 5n, object: 2n ** 64n - 1n },
        parameters: {},
        properties: bytesOf("2202"),
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
    {
      name: "with a token and what is for SUBSCRIBE alone",
      body: `02 ${VIDEO} 02 ${USE_VALUE} 1d 05`,
      message: { requestId: 2n, track: video, parameters: { authorizationTokens: [useValue] } },
      isOneWay: true,
    },
  ],
  publishNamespace: [
    {
      name: "plain",
      body: "00 02 0161 0162 00",
      message: { requestId: 0n, namespace: namespace("a", "b"), parameters: {} },
    },
    {
      name: "with tokens",
      body: `00 01 0161 02 ${USE_VALUE} 00 02 0207`,
      message: {
        requestId: 0n,
        namespace: namespace("a"),
        parameters: { authorizationTokens: [useValue, { alias: "use", id: 7n }] },
      },
    },
  ],
  publishNamespaceDone: [{ name: "plain", body: "00", message: { requestId: 0n } }],
  publishNamespaceCancel: [
    {
      name: "with a reason",
      body: "00 20 02 6e6f",
      message: { requestId: 0n, code: "uninterested", reason: "no" },
    },
  ],
  subscribeNamespace: [
    {
      name: "of everything, for tracks",
      body: "02 00 00 00",
      message: { requestId: 2n, prefix: [], wants: "tracks", parameters: {} },
    },
    {
      name: "for namespaces, with a token",
      body: `02 01 0161 01 01 ${USE_VALUE}`,
      message: {
        requestId: 2n,
        prefix: namespace("a"),
        wants: "namespaces",
        parameters: { authorizationTokens: [useValue] },
      },
    },
    {
      name: "for both, paused",
      body: "02 01 0161 02 01 10 00",
      message: {
        requestId: 2n,
        prefix: namespace("a"),
        wants: "both",
        parameters: { forward: false },
      },
    },
  ],
  namespace: [
    { name: "of the prefix itself", body: "00", message: { suffix: [] } },
    { name: "below it", body: "01 0162", message: { suffix: namespace("b") } },
  ],
  namespaceDone: [{ name: "below it", body: "01 0162", message: { suffix: namespace("b") } }],
});

function goaway(uri: string) {
  return { uri, timeout: 0n, requestId: undefined };
}

function requestOk(requestId: bigint, parameters: object) {
  return { requestId, parameters, properties: nothing };
}

Deno.test("moqt-16: the types of the messages are those of the draft, each once", () => {
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
      requestOk: 0x7,
      requestError: 0x5,
      subscribe: 0x3,
      subscribeOk: 0x4,
      requestUpdate: 0x2,
      unsubscribe: 0xa,
      publish: 0x1d,
      publishOk: 0x1e,
      publishDone: 0xb,
      fetch: 0x16,
      fetchOk: 0x18,
      fetchCancel: 0x17,
      trackStatus: 0xd,
      publishNamespace: 0x6,
      publishNamespaceDone: 0x9,
      publishNamespaceCancel: 0xc,
      subscribeNamespace: 0x11,
      namespace: 0x8,
      namespaceDone: 0xe,
    },
  );
});

Deno.test("moqt-16: R-021: a message of any other type is refused, those of other drafts too", () => {
  for (const type of [0x0n, 0x1n, 0x12n, 0x14n, 0x19n, 0x1fn, 0x40n, 0x41n, 0x50n, 0x2f00n]) {
    assert.equal(control.knows(type), false);
    for (const body of ["", "00", "00 00 00", `00 ${VIDEO} 00`]) refuses(type, body);
  }
});

function refuses(type: bigint, body: string, fault: DecodeError["fault"] = "malformed"): void {
  assert.throws(
    () => control.decode(type, bytesOf(body)),
    (error) => error instanceof DecodeError && [fault, "short"].includes(error.fault),
    `${type}: ${body}`,
  );
}

Deno.test("moqt-16: R-025: a parameter that the draft does not have is refused", () => {
  for (const type of ["00", "04", "06", "0a", "0e", "23", "30", "34"]) {
    refuses(0x3n, `00 ${VIDEO} 01 ${type} 00`);
  }
});

Deno.test("moqt-16: R-024: parameters ascend, since a type is counted from the one before", () => {
  refuses(0x3n, `00 ${VIDEO} 02 10 01 ${MAX_HEX} 00`);
});

Deno.test("moqt-16: R-027: a parameter that comes twice is refused, except for tokens", () => {
  refuses(0x3n, `00 ${VIDEO} 02 10 01 00 01`);
  assert.doesNotThrow(() =>
    control.decode(0x3n, bytesOf(`00 ${VIDEO} 02 ${USE_VALUE} 00 03 030074`))
  );
});

Deno.test("moqt-16: R-029: what is in a pair and is not what its type says is a fault of the pair", () => {
  refuses(0x7n, "04 01 09 03 050300", "key_value");
  refuses(0x7n, "04 01 09 01 05", "key_value");
  refuses(0x3n, `00 ${VIDEO} 01 03 03 040074`, "token");
});

Deno.test("moqt-16: R-032: values that do not exist are refused", () => {
  for (const parameter of ["10 02", "20 4100", "22 00", "22 03", "21 01 00", "21 01 05"]) {
    refuses(0x3n, `00 ${VIDEO} 01 ${parameter}`);
  }
  // A range that ends before it begins, and a filter that does not fill its pair.
  refuses(0x3n, `00 ${VIDEO} 01 21 04 04 0501 04`);
  refuses(0x3n, `00 ${VIDEO} 01 21 02 01 00`);
  refuses(0x16n, "04 00 02 01 00");
  refuses(0x16n, "04 04 02 01 00");
  refuses(0x11n, "02 01 0161 03 00");
  refuses(0x18n, "04 02 05 04 00");
});

Deno.test("moqt-16: R-157: a delivery timeout of 0 is refused, and not sent", () => {
  refuses(0x3n, `00 ${VIDEO} 01 02 00`);
  const parameters = { objectDeliveryTimeout: 0n };
  const message = { kind: "subscribe", requestId: 0n, track: video, parameters } as const;
  assert.throws(() => control.encode(message), EncodeError);
});

Deno.test("moqt-16: a setup parameter that comes twice is refused", () => {
  refuses(0x20n, "02 02 01 00 01");
  refuses(0x21n, "02 07 01 78 00 01 78");
});

Deno.test("moqt-16: an answer is written in the words of what it answers", () => {
  const ok = (to: "publish" | "trackStatus"): MultiplexedMessage => ({
    kind: "requestOk",
    to,
    requestId: 4n,
    parameters: {},
    properties: bytesOf("0e05"),
  });
  assert.deepEqual(control.encode(ok("publish")), bytesOf("1e 0002 04 00"));
  assert.deepEqual(control.encode(ok("trackStatus")), bytesOf("07 0002 04 00"));
});

Deno.test("moqt-16: a code that it does not have is an internal error, and a redirect is none", () => {
  const refusal = { to: "subscribe", requestId: 2n, retryAfter: 0n, reason: "" } as const;
  const error = control.encode({ kind: "requestError", code: "going_away", ...refusal });
  assert.deepEqual(error, bytesOf("05 0004 02 00 00 00"));
});

Deno.test("moqt-16: what integers of 62 bits cannot carry is not sent", () => {
  for (const requestId of [2n ** 62n, -1n]) {
    assert.throws(() => control.encode({ kind: "unsubscribe", requestId }), EncodeError);
  }
});
