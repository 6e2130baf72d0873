import assert from "node:assert/strict";
import { DecodeError } from "../../errors.ts";
import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import type { ControlMessage } from "../model/messages.ts";
import { messageTable } from "./draft18_messages.ts";

/** A body as it stands on the wire and what it says, written by hand from the draft's layouts. */
interface Vector {
  readonly name: string;
  readonly body: string;
  readonly message: Record<string, unknown>;
  /**
   * Lengths at which the body, cut or with one zero byte behind it, is a message too. Properties,
   * which go on to the end of a message, are known to the loop and not listed.
   */
  readonly alsoWhole?: readonly number[];
  /** Nothing is sent so. */
  readonly isOneWay?: true;
}

type Kind = keyof typeof messageTable;

const codec = controlCodec(messageTable, vi64, u16Length);
const kinds = Object.keys(messageTable) as Kind[];

const MAX = 2n ** 64n - 1n;
const MAX_HEX = "ff ffffffffffffffff";
const utf8 = (text: string) => new TextEncoder().encode(text);
const namespace = (...fields: string[]) => fields.map(utf8);
const video = { namespace: namespace("a"), name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);
const useValue = { alias: "none", type: 0n, value: utf8("t") };
const USE_VALUE = "03 030074";

const vectors: Readonly<Record<Kind, readonly Vector[]>> = {
  setup: [
    { name: "without options", body: "", message: { options: { authorizationTokens: [] } } },
    {
      name: "with every option of the draft",
      body: "01 09 2f6c6976653f783d31 02 03 030074 01 9000 01 03 683a31 02 01 78",
      message: {
        options: {
          path: "/live?x=1",
          authorizationTokens: [{ alias: "none", type: 0n, value: utf8("t") }],
          maxAuthTokenCacheSize: 4096n,
          authority: "h:1",
          implementation: "x",
        },
      },
      alsoWhole: [0, 11, 16, 19, 24],
    },
  ],
  goaway: [
    {
      name: "on a request stream",
      body: "00 00",
      message: { uri: "", timeout: 0n, requestId: undefined },
      alsoWhole: [3],
    },
    {
      name: "on the control stream",
      body: "00 00 00",
      message: { uri: "", timeout: 0n, requestId: 0n },
      alsoWhole: [2],
    },
    {
      name: "with a URI, a timeout and the highest request id",
      body: `13 68747470733a2f2f722e6578616d706c652f6d 9388 ${MAX_HEX}`,
      message: { uri: "https://r.example/m", timeout: 5000n, requestId: MAX },
      alsoWhole: [22],
    },
    {
      name: "with the longest URI",
      body: `a000 ${"61".repeat(8192)} 01 01`,
      message: { uri: "a".repeat(8192), timeout: 1n, requestId: 1n },
      alsoWhole: [8195],
    },
  ],
  subscribe: [
    {
      name: "without parameters",
      body: `00 ${VIDEO} 00`,
      message: { requestId: 0n, track: video, parameters: {} },
    },
    {
      name: "as most players send it",
      body: `02 ${VIDEO} 04 10 01 10 80 01 01 01 01 01`,
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
      body: `04 ${VIDEO} 0a 02 64 01 ${USE_VALUE} 00 02 0207 01 83e8 02 00 0a 00 10 ff` +
        "01 04 04050304 01 02 10 06",
      message: {
        requestId: 4n,
        track: video,
        parameters: {
          objectDeliveryTimeout: 100n,
          authorizationTokens: [useValue, { alias: "use", id: 7n }],
          rendezvousTimeout: 1000n,
          subgroupDeliveryTimeout: 0n,
          forward: false,
          subscriberPriority: 255,
          filter: { type: "absolute_range", start: { group: 5n, object: 3n }, endGroup: 9n },
          groupOrder: "descending",
          newGroupRequest: 6n,
        },
      },
    },
    {
      name: "of another relay",
      body: `04 ${VIDEO} 03 f071756d02 022f61 01 01 0162 01 0174`,
      message: {
        requestId: 4n,
        track: video,
        parameters: { meshScope: "/a", meshHops: ["b"], meshTrace: "t" },
      },
    },
    {
      name: "with the highest request id, no namespace and no name",
      body: `${MAX_HEX} 00 00 00`,
      message: {
        requestId: MAX,
        track: { namespace: [], name: nothing },
        parameters: {},
      },
    },
    {
      name: "with 32 fields",
      body: `00 20 ${"0161".repeat(32)} 00 00`,
      message: {
        requestId: 0n,
        track: { namespace: namespace(..."a".repeat(32)), name: nothing },
        parameters: {},
      },
    },
    {
      name: "with 4096 bytes of name",
      body: `00 00 9000 ${"61".repeat(4096)} 00`,
      message: {
        requestId: 0n,
        track: { namespace: [], name: utf8("a".repeat(4096)) },
        parameters: {},
      },
    },
    {
      name: "with 4096 bytes of namespace and name",
      body: `00 01 8fff ${"61".repeat(4095)} 01 76 00`,
      message: {
        requestId: 0n,
        track: { namespace: namespace("a".repeat(4095)), name: utf8("v") },
        parameters: {},
      },
    },
  ],
  subscribeOk: [
    {
      name: "of a track without objects",
      body: "00 00",
      message: { alias: 0n, parameters: {}, properties: nothing },
    },
    {
      name: "of a track with objects",
      body: "02 01 09 05 03",
      message: {
        alias: 2n,
        parameters: { largestObject: { group: 5n, object: 3n } },
        properties: nothing,
      },
    },
    {
      name: "with every parameter, properties and the highest integers",
      body: `${MAX_HEX} 02 08 83e8 01 ${MAX_HEX} ${MAX_HEX} 0e8080`,
      message: {
        alias: MAX,
        parameters: { expires: 1000n, largestObject: { group: MAX, object: MAX } },
        properties: Uint8Array.of(0x0e, 0x80, 0x80),
      },
    },
    {
      name: "of a relay that has the track from another",
      body: "02 01 f071756d03 02 0162 0161",
      message: {
        alias: 2n,
        parameters: { meshHops: ["b", "a"] },
        properties: nothing,
      },
    },
  ],
  publish: [
    {
      name: "without parameters",
      body: `01 ${VIDEO} 07 00`,
      message: { requestId: 1n, track: video, alias: 7n, parameters: {}, properties: nothing },
    },
    {
      name: "with every parameter and properties",
      body: `03 02 0161 0162 0176 09 04 03 ${USE_VALUE} 05 01 01 05 03 07 01 0e05 1402`,
      message: {
        requestId: 3n,
        track: { namespace: namespace("a", "b"), name: utf8("v") },
        alias: 9n,
        parameters: {
          authorizationTokens: [useValue],
          expires: 1n,
          largestObject: { group: 5n, object: 3n },
          forward: true,
        },
        properties: Uint8Array.of(0x0e, 0x05, 0x14, 0x02),
      },
    },
  ],
  publishDone: [
    {
      name: "of a track that ended",
      body: "02 00 00",
      message: { code: "track_ended", streamCount: 0n, reason: "" },
    },
    {
      name: "with an unknown number of streams",
      body: "05 ff3fffffffffffffff 04 6c617465",
      message: { code: "too_far_behind", streamCount: 2n ** 62n - 1n, reason: "late" },
    },
    {
      name: "with a greasing code and the longest reason",
      body: `809d 01 8400 ${"c3a9".repeat(512)}`,
      message: { code: "unknown", streamCount: 1n, reason: "é".repeat(512) },
      isOneWay: true,
    },
  ],
  fetch: [
    {
      name: "of a group",
      body: `00 01 ${VIDEO} 00 00 01 00 00`,
      message: {
        requestId: 0n,
        range: {
          type: "standalone",
          track: video,
          start: { group: 0n, object: 0n },
          end: { group: 1n, object: MAX },
        },
        parameters: {},
      },
    },
    {
      name: "with every parameter",
      body: `06 01 ${VIDEO} 05 02 ${MAX_HEX} ${MAX_HEX} 04 03 ${USE_VALUE} 07 00 16 80 02 02`,
      message: {
        requestId: 6n,
        range: {
          type: "standalone",
          track: video,
          start: { group: 5n, object: 2n },
          end: { group: MAX, object: MAX - 1n },
        },
        parameters: {
          authorizationTokens: [useValue],
          fillTimeout: 0n,
          subscriberPriority: 128,
          groupOrder: "descending",
        },
      },
    },
    {
      name: "that joins, relative",
      body: "02 02 00 03 00",
      message: {
        requestId: 2n,
        range: { type: "relative_joining", requestId: 0n, start: 3n },
        parameters: {},
      },
    },
    {
      name: "that joins, absolute",
      body: `02 03 00 ${MAX_HEX} 01 22 01`,
      message: {
        requestId: 2n,
        range: { type: "absolute_joining", requestId: 0n, start: MAX },
        parameters: { groupOrder: "ascending" },
      },
    },
  ],
  fetchOk: [
    {
      name: "in the middle of a track",
      body: "00 05 04 00",
      message: {
        endOfTrack: false,
        end: { group: 5n, object: 3n },
        parameters: {},
        properties: nothing,
      },
    },
    {
      name: "at the end of a track, with properties",
      body: `01 ${MAX_HEX} ${MAX_HEX} 00 0e05`,
      message: {
        endOfTrack: true,
        end: { group: MAX, object: MAX - 1n },
        parameters: {},
        properties: Uint8Array.of(0x0e, 0x05),
      },
    },
  ],
  trackStatus: [
    {
      name: "without parameters",
      body: `00 ${VIDEO} 00`,
      message: { requestId: 0n, track: video, parameters: {} },
    },
    {
      name: "with a token",
      body: `02 ${VIDEO} 01 03 ${USE_VALUE}`,
      message: { requestId: 2n, track: video, parameters: { authorizationTokens: [useValue] } },
    },
  ],
  publishNamespace: [
    {
      name: "without parameters",
      body: "00 01 0161 00",
      message: { requestId: 0n, namespace: namespace("a"), parameters: {} },
    },
    {
      name: "of everything, with a token",
      body: `02 00 01 03 ${USE_VALUE}`,
      message: { requestId: 2n, namespace: [], parameters: { authorizationTokens: [useValue] } },
    },
  ],
  subscribeNamespace: [
    {
      name: "with the empty prefix",
      body: "00 00 00",
      message: { requestId: 0n, prefix: [], parameters: {} },
    },
    {
      name: "with a prefix and a token",
      body: `02 02 0161 0162 01 03 ${USE_VALUE}`,
      message: {
        requestId: 2n,
        prefix: namespace("a", "b"),
        parameters: { authorizationTokens: [useValue] },
      },
    },
  ],
  subscribeTracks: [
    {
      name: "with the empty prefix",
      body: "00 00 00",
      message: { requestId: 0n, prefix: [], parameters: {} },
    },
    {
      name: "with every parameter",
      body: `02 01 0161 02 03 ${USE_VALUE} 0d 00`,
      message: {
        requestId: 2n,
        prefix: namespace("a"),
        parameters: { authorizationTokens: [useValue], forward: false },
      },
    },
  ],
  namespace: [
    { name: "that is the prefix itself", body: "00", message: { suffix: [] } },
    { name: "of one field", body: "01 0161", message: { suffix: namespace("a") } },
    {
      name: "of 32 fields",
      body: `20 ${"0161".repeat(32)}`,
      message: { suffix: namespace(..."a".repeat(32)) },
    },
    {
      name: "of 4096 bytes",
      body: `01 9000 ${"61".repeat(4096)}`,
      message: { suffix: namespace("a".repeat(4096)) },
    },
  ],
  namespaceDone: [
    { name: "that is the prefix itself", body: "00", message: { suffix: [] } },
    {
      name: "of two fields",
      body: "02 0161 0200ff",
      message: { suffix: [utf8("a"), Uint8Array.of(0, 255)] },
    },
  ],
  publishBlocked: [
    {
      name: "without a name",
      body: "00 00",
      message: { track: { namespace: [], name: nothing } },
    },
    { name: "of a track", body: VIDEO, message: { track: video } },
  ],
  requestUpdate: [
    { name: "of nothing", body: "02 00", message: { requestId: 2n, parameters: {} } },
    {
      name: "with every parameter",
      body: `04 08 02 64 01 ${USE_VALUE} 03 00 0a 01 10 00 01 01 02 11 00 02 01 0161`,
      message: {
        requestId: 4n,
        parameters: {
          objectDeliveryTimeout: 100n,
          authorizationTokens: [useValue],
          subgroupDeliveryTimeout: 0n,
          forward: true,
          subscriberPriority: 0,
          filter: { type: "largest_object" },
          newGroupRequest: 0n,
          namespacePrefix: namespace("a"),
        },
      },
    },
  ],
  requestOk: [
    { name: "of nothing", body: "00", message: { parameters: {}, properties: nothing } },
    {
      name: "with every parameter and properties",
      body: "09 02 00 04 01 02 83e8 01 05 03 07 00 10 07 01 03 030700 01 01 10 00 0e05",
      message: {
        parameters: {
          objectDeliveryTimeout: 0n,
          subgroupDeliveryTimeout: 1n,
          expires: 1000n,
          largestObject: { group: 5n, object: 3n },
          forward: false,
          subscriberPriority: 7,
          filter: { type: "absolute_start", start: { group: 7n, object: 0n } },
          groupOrder: "ascending",
          newGroupRequest: 0n,
        },
        properties: Uint8Array.of(0x0e, 0x05),
      },
    },
  ],
  meshPath: [
    { name: "of a track that is published here", body: "00", message: { hops: [] } },
    {
      name: "over two relays",
      body: "02 0161 02c3bc",
      message: { hops: ["a", "\u00fc"] },
    },
  ],
  requestError: [
    {
      name: "without a reason",
      body: "10 00 00",
      message: { code: "does_not_exist", retryAfter: 0n, reason: "" },
    },
    {
      name: "to be tried again",
      body: "09 83e9 04 62757379",
      message: { code: "excessive_load", retryAfter: 1001n, reason: "busy" },
    },
    {
      name: "with the highest code",
      body: `${MAX_HEX} ${MAX_HEX} 00`,
      message: { code: "unknown", retryAfter: MAX, reason: "" },
      isOneWay: true,
    },
    {
      name: "with an empty redirect",
      body: "34 00 00 00 00 00",
      message: {
        code: "redirect",
        retryAfter: 0n,
        reason: "",
        redirect: { uri: "", namespace: [], name: nothing },
      },
    },
    {
      name: "with a redirect",
      body: `34 01 02 6869 0c 6d6f71743a2f2f682f703f71 02 0161 0162 01 76`,
      message: {
        code: "redirect",
        retryAfter: 1n,
        reason: "hi",
        redirect: { uri: "moqt://h/p?q", namespace: namespace("a", "b"), name: utf8("v") },
      },
    },
  ],
};

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

function frameOf(type: bigint, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(vi64.sizeOf(type) + 2);
  const at = vi64.write(head, 0, type);
  head.set([body.length >> 8, body.length & 0xff], at);
  return Uint8Array.of(...head, ...body);
}

for (const kind of kinds) {
  const { type } = messageTable[kind];
  const ofKind = vectors[kind] ?? [];

  Deno.test(`${kind}: there are vectors`, () => assert.ok(ofKind.length >= 2));

  for (const { name, body: hex, message, alsoWhole = [], isOneWay = false } of ofKind) {
    const expected = { kind, ...message } as unknown as ControlMessage;
    const body = bytesOf(hex);
    const properties = "properties" in expected ? expected.properties.length : undefined;

    Deno.test(`${kind} ${name}: bytes to value`, () => {
      assert.deepEqual(codec.decode(type, body), expected);
    });

    Deno.test(`${kind} ${name}: value to bytes`, { ignore: isOneWay }, () => {
      assert.deepEqual(codec.encode(expected), frameOf(type, body));
    });

    Deno.test(`R-022: ${kind} ${name}: every strict prefix is refused`, () => {
      for (let length = 0; length < body.length; length++) {
        const prefix = body.subarray(0, length);
        if (alsoWhole.includes(length)) {
          assert.doesNotThrow(() => codec.decode(type, prefix), `length ${length}`);
        } else if (properties !== undefined && length >= body.length - properties) {
          const cut = body.subarray(body.length - properties, length);
          assert.deepEqual(codec.decode(type, prefix), { ...expected, properties: cut });
        } else {
          assert.throws(() => codec.decode(type, prefix), DecodeError, `length ${length}`);
        }
      }
    });

    Deno.test(`R-022: ${kind} ${name}: one byte more is refused`, () => {
      const longer = Uint8Array.of(...body, 0);
      if (alsoWhole.includes(longer.length)) {
        assert.doesNotThrow(() => codec.decode(type, longer));
      } else if (properties !== undefined) {
        const more = longer.subarray(body.length - properties);
        assert.deepEqual(codec.decode(type, longer), { ...expected, properties: more });
      } else {
        assert.throws(() => codec.decode(type, longer), DecodeError);
      }
    });
  }
}

Deno.test("the types of the messages are those of the draft and one of ours, each once", () => {
  assert.deepEqual(
    Object.fromEntries(kinds.map((kind) => [kind, Number(messageTable[kind].type)])),
    {
      setup: 0x2f00,
      goaway: 0x10,
      subscribe: 0x3,
      subscribeOk: 0x4,
      publish: 0x1d,
      publishDone: 0xb,
      fetch: 0x16,
      fetchOk: 0x18,
      trackStatus: 0xd,
      publishNamespace: 0x6,
      subscribeNamespace: 0x50,
      subscribeTracks: 0x51,
      meshPath: 0x71756d05,
      namespace: 0x8,
      namespaceDone: 0xe,
      publishBlocked: 0xf,
      requestUpdate: 0x2,
      requestOk: 0x7,
      requestError: 0x5,
    },
  );
});

Deno.test("R-021: a message of any other type is refused, those of older drafts too", () => {
  const known = new Set<bigint>([0x1en, ...kinds.map((kind) => messageTable[kind].type)]);
  const types = Array.from({ length: 256 }, (_, type) => BigInt(type));
  for (const type of [...types, 0x2effn, 0x2f01n, MAX].filter((type) => !known.has(type))) {
    for (const body of ["", "00", "00 00 00", `00 ${VIDEO} 00`]) {
      assert.throws(() => codec.decode(type, bytesOf(body)), DecodeError, `type ${type}`);
    }
  }
});
