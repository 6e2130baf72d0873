import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import {
  EncodeError,
  encodeTimestamp,
  liteVersionOf,
  ObjectStatus,
  timedProperties,
} from "@qumo/shared/wire";
import { SubgroupLog } from "../../../track/mod.ts";
import { referenceData } from "../../../../tests/support/reference_draft.ts";
import { rendererOf } from "../../moqt/dialect/renderer.ts";
import { liteRenderer } from "./renderer.ts";

const plain = liteRenderer(liteVersionOf("moq-lite-04")!);
const timed = liteRenderer(liteVersionOf("moq-lite-06")!);
const referenceRenderer = rendererOf(referenceData);
const utf8 = (text: string) => new TextEncoder().encode(text);

interface Given {
  readonly id: number;
  readonly timestamp?: bigint;
  readonly payload?: string;
  readonly status?: number;
}

function logOf(renderer: typeof plain, objects: readonly Given[], timescale?: bigint): SubgroupLog {
  const log = new SubgroupLog({
    track: 1n,
    group: 7n,
    groupOrdinal: 0,
    subgroup: 0n,
    priority: undefined,
    hasProperties: true,
    endOfGroup: true,
    firstObject: true,
    timescale,
    renderer,
  });
  for (const { id, timestamp, payload = "", status = ObjectStatus.NORMAL } of objects) {
    const bytes = utf8(payload);
    const properties = timestamp === undefined ? new Uint8Array() : encodeTimestamp(timestamp);
    const block = renderer.properties.of({ bytes: properties, form: timedProperties });
    const { properties: form } = renderer;
    log.begin({ id, properties: block, payloadLength: bytes.length, status }, form, 2_000);
    log.append(bytes);
  }
  log.flush();
  return log;
}

function bytesOf(log: SubgroupLog, renderer: typeof plain): string {
  const rendering = log.renderingOf(renderer) ?? log.render(renderer);
  assert.equal(rendering.isBroken, false);
  return joinBytes([...rendering.views(0, rendering.ready)]).toHex();
}

const OBJECTS = [
  { id: 0, timestamp: 1_000n, payload: "hi" },
  { id: 1, timestamp: 1_033n, payload: "yo" },
];
const TIMED = "47d0026869404202796f";
const PLAIN = "02686902796f";

Deno.test("versions with equal frames share a renderer, and so the bytes", () => {
  assert.equal(liteRenderer(liteVersionOf("moq-lite-03")!), plain);
  assert.equal(liteRenderer(liteVersionOf("moq-lite-05")!), timed);
  assert.notEqual(plain, timed);
});

Deno.test("a group is its frames, without a header", () => {
  for (const kept of [timed, referenceRenderer]) {
    const log = logOf(kept, OBJECTS);
    assert.equal(bytesOf(log, timed), TIMED);
    assert.equal(bytesOf(log, plain), PLAIN);
  }
});

Deno.test("what came as frames has its timestamps as properties", () => {
  const log = logOf(timed, OBJECTS);
  const { properties, payloadStart, time } = log.objectAt(1);
  assert.deepEqual(properties.form.read(properties.bytes), [{ type: 0x10n, value: 1_033n }]);
  assert.equal(joinBytes([...log.views(payloadStart, payloadStart + 2)]).toHex(), "796f");
  assert.equal(time, 2_000);
});

Deno.test("an object without a timestamp has that of the frame before, the first the time it came", () => {
  const log = logOf(referenceRenderer, [
    { id: 0, payload: "a" },
    { id: 1, payload: "b" },
    { id: 2, timestamp: 2_000_001n, payload: "c" },
  ]);
  // 2,000 ms are 2,000,000 units of the default timescale.
  assert.equal(bytesOf(log, timed), "803d0900016100016202016" + "3");
  const scaled = logOf(referenceRenderer, [{ id: 0, payload: "a" }], 90_000n);
  assert.equal(bytesOf(scaled, timed), "80057e400161");
});

Deno.test("a timescale without measure gives the largest timestamp that a frame can say", () => {
  const log = logOf(referenceRenderer, [{ id: 0, payload: "a" }], 2n ** 62n - 1n);
  assert.equal(bytesOf(log, timed), "fffffffffffffffe0161");
});

Deno.test("an object that marks an end is no frame", () => {
  const mark = { id: 2, status: ObjectStatus.END_OF_GROUP };
  const log = logOf(referenceRenderer, [...OBJECTS, mark]);
  assert.equal(bytesOf(log, timed), TIMED);
});

Deno.test("a subscriber who joins at a later frame gets its whole timestamp", () => {
  for (const kept of [timed, referenceRenderer]) {
    const log = logOf(kept, OBJECTS);
    const rendering = log.renderingOf(timed) ?? log.render(timed);
    assert.equal(rendering.beginAt(log.objectAt(1)).toHex(), "481202");
  }
});

Deno.test("properties that are kept aside are forgotten with their objects, and count as memory", () => {
  const log = logOf(timed, OBJECTS);
  const before = log.bytes;
  assert.ok(before > logOf(plain, OBJECTS).bytes);
  log.evictAll();
  assert.equal(log.bytes, 0);
});

Deno.test("a group of one frame is a datagram behind its subscription's id, and nothing else is", () => {
  const object = {
    group: 7n,
    object: 0,
    priority: undefined,
    properties: { bytes: encodeTimestamp(1_000n), form: timedProperties },
    status: ObjectStatus.NORMAL,
    endOfGroup: true,
    payload: utf8("hi"),
  };
  assert.equal(timed.datagram(1n, object).toHex(), "0743e86869");
  assert.throws(() => plain.datagram(1n, object), EncodeError);
  const none = { bytes: new Uint8Array(), form: timedProperties };
  for (
    const other of [
      { object: 1 },
      { endOfGroup: false },
      { properties: none },
      { status: ObjectStatus.END_OF_GROUP },
    ]
  ) assert.throws(() => timed.datagram(1n, { ...object, ...other }), EncodeError);
});
