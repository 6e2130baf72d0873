import fc from "fast-check";
import assert from "node:assert/strict";
import {
  bytesOf,
  type NamedVector,
  testVectors,
} from "../../../../tests/support/message_vectors.ts";
import { bodyOf } from "../../../../tests/support/layouts.ts";
import { arbitraryMessages } from "../../../../tests/support/made_up.ts";
import { SEED } from "../../../../tests/support/properties.ts";
import { DecodeError } from "../../errors.ts";
import { WHOLE_GROUP } from "../model/messages.ts";
import { draft18 } from "./draft18.ts";
import { draft19 } from "./draft19.ts";
import { draft20 } from "./draft20.ts";
import { draft21 } from "./draft21.ts";
import { draft22 } from "./draft22.ts";

const MAX_HEX = "ff ffffffffffffffff";
const utf8 = (text: string) => new TextEncoder().encode(text);
const video = { namespace: [utf8("a")], name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);

/** What drafts 20 to 22 write alike. */
const COMMON: readonly NamedVector[] = [
  {
    kind: "publishStateNotify",
    name: "of the largest object",
    body: "02 09 0503 07 00",
    message: { parameters: { largestObject: { group: 5n, object: 3n }, forward: false } },
  },
  { kind: "publishStateNotify", name: "of nothing", body: "00", message: { parameters: {} } },
  {
    kind: "trackStatus",
    name: "without properties",
    body: `00 ${VIDEO} 01 35 00`,
    message: { requestId: 0n, track: video, parameters: { includeProperties: false } },
  },
  {
    kind: "fetch",
    name: "of everything",
    body: `04 ${VIDEO} 00`,
    message: { requestId: 4n, range: { type: "filtered", track: video }, parameters: {} },
  },
  {
    kind: "fetchOk",
    name: "up to an object, which it includes",
    body: "01 05 03 00 02 64",
    message: {
      endOfTrack: true,
      end: { group: 5n, object: 3n },
      parameters: {},
      properties: bytesOf("02 64"),
    },
  },
  {
    kind: "fetchOk",
    name: "up to the end of a group",
    body: `00 05 ${MAX_HEX} 00`,
    message: {
      endOfTrack: false,
      end: { group: 5n, object: WHOLE_GROUP },
      parameters: {},
      properties: nothing,
    },
  },
  {
    kind: "requestOk",
    name: "with what is left to it",
    body: "02 08 64 01 0503",
    message: {
      parameters: { expires: 100n, largestObject: { group: 5n, object: 3n } },
      properties: nothing,
    },
  },
  {
    kind: "publishDone",
    name: "with a number of draft 19",
    body: `03 ${MAX_HEX} 00`,
    message: { code: "unknown", streamCount: 2n ** 64n - 1n, reason: "" },
    isOneWay: true,
  },
  {
    kind: "subscribe",
    name: "with a fill that inherits everything",
    body: `02 ${VIDEO} 01 23 01 00`,
    message: { requestId: 2n, track: video, parameters: { fill: {} } },
  },
  {
    kind: "subscribe",
    name: "with an empty fill",
    body: `02 ${VIDEO} 01 23 00`,
    message: { requestId: 2n, track: video, parameters: { fill: {} } },
    isOneWay: true,
  },
];

const NEXT_OBJECT = { type: "largest_object" } as const;
const CURRENT_GROUP = { type: "recent_groups", groups: 1n } as const;
const SOME = { type: "absolute_range", start: { group: 5n, object: 3n }, endGroup: 6n } as const;

/** What draft 22 writes otherwise: filters. */
function withFilters(
  { nextObject, currentGroup, some, fill }: Record<
    "nextObject" | "currentGroup" | "some" | "fill",
    string
  >,
): readonly NamedVector[] {
  return [
    {
      kind: "subscribe",
      name: "that joins at the current group",
      body: `02 ${VIDEO} 03 10 01 11 ${nextObject} 02 ${fill}`,
      message: {
        requestId: 2n,
        track: video,
        parameters: {
          forward: true,
          filter: NEXT_OBJECT,
          fill: { fillTimeout: 0n, subscriberPriority: 64, filter: CURRENT_GROUP },
        },
      },
    },
    {
      kind: "fetch",
      name: "of a range",
      body: `04 ${VIDEO} 03 20 80 01 ${some} 01 02`,
      message: {
        requestId: 4n,
        range: { type: "filtered", track: video },
        parameters: { subscriberPriority: 128, filter: SOME, groupOrder: "descending" },
      },
    },
    {
      kind: "requestUpdate",
      name: "with a filter",
      body: `06 01 21 ${currentGroup}`,
      message: { requestId: 6n, parameters: { filter: CURRENT_GROUP } },
    },
    {
      kind: "publish",
      name: "with what the subscription begins with",
      body: `01 ${VIDEO} 07 06 02 64 04 00 0a 00 10 ff 01 ${nextObject} 01 02 02 64`,
      message: {
        requestId: 1n,
        track: video,
        alias: 7n,
        parameters: {
          objectDeliveryTimeout: 100n,
          subgroupDeliveryTimeout: 0n,
          forward: false,
          subscriberPriority: 255,
          filter: NEXT_OBJECT,
          groupOrder: "descending",
        },
        properties: bytesOf("02 64"),
      },
    },
  ];
}

for (const draft of [draft20, draft21]) {
  testVectors(draft, [
    ...COMMON,
    ...withFilters({
      nextObject: "02 0000",
      currentGroup: "01 01",
      some: "03 050301",
      fill: "08 03 0a00 1640 01 0101",
    }),
  ]);
}

testVectors(draft22, [
  ...COMMON,
  ...withFilters({
    nextObject: "05",
    currentGroup: "01 01",
    some: "03 050301",
    fill: "08 03 0a00 1640 01 0101",
  }),
]);

for (const draft of [draft20, draft22]) {
  Deno.test(`${draft.protocol}: a range is written as the filter that says it`, () => {
    const { control } = draft;
    const range = {
      type: "standalone",
      track: video,
      start: { group: 5n, object: 3n },
      end: { group: 6n, object: WHOLE_GROUP },
    } as const;
    const fetch = { kind: "fetch", requestId: 4n, range, parameters: {} } as const;
    const whole = control.encode(fetch);
    assert.equal(whole.toHex(), bytesOf(`16 000c 04 ${VIDEO} 01 21 03 050301`).toHex());
    const end = { group: 6n, object: 9n };
    const { parameters } = control.decode(0x16n, whole.slice(3)) as typeof fetch;
    assert.deepEqual(parameters, { filter: SOME });
    const exact = control.encode({ ...fetch, range: { ...range, end } });
    assert.equal(exact.toHex(), bytesOf(`16 000d 04 ${VIDEO} 01 21 04 05030109`).toHex());
  });

  Deno.test(`${draft.protocol}: what does not belong into a fill is refused`, () => {
    for (const parameter of ["0200", "03 03030074", "08 00", "1001", "2300"]) {
      const inner = bytesOf(`01 ${parameter}`);
      const hex = `02 ${VIDEO} 01 23 ${Uint8Array.of(inner.length).toHex()} ${inner.toHex()}`;
      assert.throws(() => draft.control.decode(0x3n, bytesOf(hex)), DecodeError, parameter);
    }
  });

  Deno.test(`${draft.protocol}: the answer to a PUBLISH says nothing but when it ends`, () => {
    assert.deepEqual(draft.parameters.ok.publish, ["expires"]);
    assert.throws(() => draft.control.decode(0x7n, bytesOf("01 10 01")), DecodeError);
  });
}

Deno.test("drafts 20 and 21 are equal on the wire", () => {
  const { protocol, number } = draft20;
  assert.deepEqual({ ...draft21, protocol, number }, draft20);
});

Deno.test("draft 22 differs from draft 21 in what carries filters, and in nothing else", () => {
  const { protocol, number, control } = draft21;
  assert.deepEqual({ ...draft22, protocol, number, control }, draft21);
  assert.deepEqual(Object.keys(draft22.control.messages), Object.keys(control.messages));
  const messages = [...arbitraryMessages(draft21)];
  const found = messages.filter(([, any]) =>
    fc.sample(any, { seed: SEED, numRuns: 200 }).some((message) => {
      const frame = draft22.control.encode(message);
      if (frame.toHex() !== control.encode(message).toHex()) return true;
      const { type } = draft22.control.messages[message.kind]!;
      assert.deepEqual(draft22.control.decode(type, bodyOf(frame, draft22)), message);
      return false;
    })
  ).map(([kind]) => kind);
  const withFilter = ["subscribe", "trackStatus", "publish", "publishStateNotify", "fetch"];
  const all = [...withFilter, "subscribeTracks", "requestUpdate"];
  assert.deepEqual(found.toSorted(), all.toSorted());
});

Deno.test("drafts 20 to 22 share their live objects with draft 18, and have one more end of a range", () => {
  assert.equal(draft20.data.live, draft18.data);
  assert.equal(draft22.data, draft20.data);
  assert.deepEqual([...draft20.data.fetchRanges], [
    [0x8c, "non_existent"],
    [0x10c, "unknown"],
    [0x20c, "timed_out"],
  ]);
});

Deno.test("drafts 20 to 22 have no codes for joins, ends of filters and choices of versions", () => {
  const { invalid_joining_request_id: _joining, ...request } = draft19.requestCodes;
  const { version_negotiation_failed: _version, ...session } = draft19.sessionCodes;
  const { subscription_ended: _ended, ...done } = draft19.doneCodes;
  for (const draft of [draft20, draft22]) {
    assert.deepEqual(draft.requestCodes, request);
    assert.deepEqual(draft.sessionCodes, session);
    assert.deepEqual(draft.doneCodes, done);
    assert.equal(draft.streamCodes, draft18.streamCodes);
  }
});
