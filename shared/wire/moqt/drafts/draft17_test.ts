import assert from "node:assert/strict";
import { bytesOf, testVectors } from "../../../../tests/support/message_vectors.ts";
import { DecodeError } from "../../errors.ts";
import { vi64WithoutSeven } from "../../varint.ts";
import { draft16 } from "./draft16.ts";
import { draft17 } from "./draft17.ts";
import { draft18 } from "./draft18.ts";
import { parameterTable } from "./draft17_parameters.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const video = { namespace: [utf8("a")], name: utf8("v") };
const VIDEO = "01 0161 0176";
const nothing = new Uint8Array(0);

testVectors(draft17, [
  {
    kind: "setup",
    name: "with a path",
    body: "01 04 2f6d6f71",
    message: { options: { path: "/moq", authorizationTokens: [] } },
    alsoWhole: [0],
  },
  {
    kind: "goaway",
    name: "with a URI",
    body: "02 6d3a 9388",
    message: { uri: "m:", timeout: 5000n },
  },
  {
    kind: "subscribe",
    name: "that needs no other request",
    body: `02 00 ${VIDEO} 02 10 01 11 04 04 05 03 02`,
    message: {
      requestId: 2n,
      track: video,
      parameters: {
        forward: true,
        filter: { type: "absolute_range", start: { group: 5n, object: 3n }, endGroup: 7n },
      },
    },
  },
  {
    kind: "subscribe",
    name: "that needs the request before",
    body: `04 01 ${VIDEO} 00`,
    message: { requestId: 4n, track: video, parameters: {} },
    isOneWay: true,
  },
  {
    kind: "publish",
    name: "with properties",
    body: `01 00 ${VIDEO} 07 01 10 00 02 64`,
    message: {
      requestId: 1n,
      track: video,
      alias: 7n,
      parameters: { forward: false },
      properties: bytesOf("02 64"),
    },
  },
  {
    kind: "publishDone",
    name: "of a subscriber that is too far behind",
    body: "06 02 00",
    message: { code: "too_far_behind", streamCount: 2n, reason: "" },
  },
  {
    kind: "fetch",
    name: "that joins",
    body: "06 00 02 02 03 00",
    message: {
      requestId: 6n,
      range: { type: "relative_joining", requestId: 2n, start: 3n },
      parameters: {},
    },
  },
  {
    kind: "publishNamespace",
    name: "without parameters",
    body: "00 00 01 0161 00",
    message: { requestId: 0n, namespace: video.namespace, parameters: {} },
  },
  {
    kind: "subscribePrefix",
    name: "for tracks and namespaces",
    body: "02 00 01 0161 02 01 10 00",
    message: {
      requestId: 2n,
      prefix: video.namespace,
      wants: "both",
      parameters: { forward: false },
    },
  },
  {
    kind: "requestUpdate",
    name: "of a priority",
    body: "06 00 01 20 10",
    message: { requestId: 6n, parameters: { subscriberPriority: 16 } },
  },
  {
    kind: "requestOk",
    name: "without properties",
    body: "01 09 05 03",
    message: { parameters: { largestObject: { group: 5n, object: 3n } }, properties: nothing },
  },
  {
    kind: "requestError",
    name: "to be tried again",
    body: "09 01 00",
    message: { code: "excessive_load", retryAfter: 1n, reason: "" },
  },
]);

Deno.test("draft 17: PUBLISH is agreed to by a message of its own, read as any other REQUEST_OK", () => {
  const { control } = draft17;
  const ok = { kind: "requestOk", parameters: { forward: true }, properties: nothing } as const;
  assert.equal(control.encode(ok).toHex(), "070003011001");
  assert.equal(control.encode({ ...ok, answersPublish: true }).toHex(), "1e0003011001");
  assert.deepEqual(control.decode(0x1en, bytesOf("011001")), ok);
  assert.throws(() => control.decode(0x7n, bytesOf("011001 00")), DecodeError);
});

Deno.test("draft 17: namespaces and tracks are asked for by one message", () => {
  const request = { requestId: 2n, prefix: video.namespace, parameters: {} };
  const hex = (kind: "subscribeNamespace" | "subscribeTracks") =>
    draft17.control.encode({ kind, ...request }).toHex();
  assert.equal(hex("subscribeNamespace"), bytesOf("11 0007 02 00 01 0161 01 00").toHex());
  assert.equal(hex("subscribeTracks"), bytesOf("11 0007 02 00 01 0161 00 00").toHex());
  for (const type of [0x50n, 0x51n]) assert.ok(!draft17.control.knows(type));
  assert.throws(() => draft17.control.decode(0x11n, bytesOf("02 00 01 0161 03 00")), DecodeError);
});

Deno.test("draft 17: an integer has never 7 bytes", () => {
  const { write, read, lengthFrom, sizeOf } = vi64WithoutSeven;
  for (const value of [2n ** 42n, 151_288_809_941_952n, 2n ** 49n - 1n]) {
    const bytes = new Uint8Array(8);
    assert.equal(write(bytes, 0, value), 8);
    assert.deepEqual([bytes[0], sizeOf(value)], [0xfe, 8]);
    assert.equal(read(bytes, 0), value);
  }
  assert.equal(write(new Uint8Array(8), 0, 2n ** 42n - 1n), 6);
  for (const first of [0xfc, 0xfd]) assert.throws(() => lengthFrom(first), DecodeError);
});

Deno.test("draft 17: it has the parameters of draft 18 but for three", () => {
  const names = ["subgroupDeliveryTimeout", "fillTimeout", "namespacePrefix"];
  for (const name of names) assert.ok(!(name in parameterTable), name);
  assert.equal(Object.keys(parameterTable).length, 16);
});

Deno.test("draft 17: its codes are those of draft 16, and those for too much load and for going away", () => {
  assert.deepEqual(draft17.requestCodes, {
    ...draft16.requestCodes,
    going_away: 0x6,
    excessive_load: 0x9,
    namespace_too_large: 0x31,
  });
  assert.deepEqual(draft17.doneCodes, { ...draft16.doneCodes, excessive_load: 0x9 });
  assert.deepEqual(draft17.streamCodes, {
    ...draft16.streamCodes,
    too_far_behind: 0x5,
    excessive_load: 0x9,
  });
  assert.deepEqual(draft17.sessionCodes, draft18.sessionCodes);
});

Deno.test("draft 17: objects of a fetch are numbered as they are, and no stream is padding", () => {
  const { fetch, fetchRanges, subgroupBits, datagramBits, streams, hasPadding } = draft17.data;
  assert.equal(fetch, draft16.data.fetch);
  assert.equal(fetchRanges, draft16.data.fetchRanges);
  assert.deepEqual({ subgroupBits, datagramBits, hasPadding }, {
    subgroupBits: 0x3f,
    datagramBits: 0x2f,
    hasPadding: false,
  });
  assert.deepEqual([...streams], [[0x05n, "fetch"], [0x2f00n, "setup"]]);
});
