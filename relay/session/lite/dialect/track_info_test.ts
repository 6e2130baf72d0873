import assert from "node:assert/strict";
import {
  DEFAULT_TRACK_PROPERTIES,
  EncodeError,
  plainProperties,
  timedProperties,
} from "@qumo/shared/wire";
import { turnPriority } from "./priority.ts";
import { propertiesOf, trackInfoOf } from "./track_info.ts";

Deno.test("priorities are turned round: higher first there is lower first here", () => {
  assert.deepEqual([0, 60, 255].map(turnPriority), [255, 195, 0]);
});

Deno.test("what a publisher says of its track is kept as MoQT's properties", () => {
  const info = { priority: 60, oldestFirst: false, maxAge: 5_000n, timescale: 90_000n };
  const { block, properties } = propertiesOf(info);
  assert.deepEqual(block.form.read(block.bytes), [
    { type: 0x08n, value: 90_000n },
    { type: 0x0en, value: 195n },
    { type: 0x22n, value: 2n },
  ]);
  assert.equal(properties.maxCacheDuration, undefined);
  assert.deepEqual(trackInfoOf(properties, 5_000n), info);
});

Deno.test("a version without timescales names none, and a track without one is told in microseconds", () => {
  const info = { priority: 0, oldestFirst: true, maxAge: 0n, timescale: 0n };
  const { block, properties } = propertiesOf(info);
  assert.deepEqual(block.form.read(block.bytes).map(({ type }) => type), [0x0en, 0x22n]);
  assert.equal(properties.timescale, undefined);
  assert.equal(trackInfoOf(DEFAULT_TRACK_PROPERTIES, 0n).timescale, 1_000_000n);
  assert.equal(trackInfoOf(DEFAULT_TRACK_PROPERTIES, 0n).priority, 127);
});

Deno.test("the properties of a track go to nobody who speaks moq-lite", () => {
  const { block } = propertiesOf({ priority: 0, oldestFirst: true, maxAge: 0n, timescale: 1n });
  assert.equal(block.form.of(block), block.bytes);
  const other = { bytes: block.bytes, form: timedProperties };
  assert.throws(() => block.form.of(other), EncodeError);
  assert.deepEqual(block.form.gapsOf(block.bytes), {
    priorGroupGap: undefined,
    priorObjectGap: undefined,
  });
});

Deno.test("of an object's properties the timestamp alone is said, and none that no frame can say", () => {
  const form = { ...timedProperties, name: "other" };
  const of = (hex: string) => timedProperties.of({ bytes: Uint8Array.fromHex(hex), form }).toHex();
  assert.equal(of("02050e47d0"), "1047d0");
  assert.equal(of("0205"), "");
  assert.equal(of(""), "");
  assert.equal(of("10e000000000000000"), "");
  const bytes = Uint8Array.fromHex("02050e47d0");
  assert.equal(plainProperties.of({ bytes, form }).length, 0);
  assert.deepEqual(plainProperties.read(bytes), []);
  assert.deepEqual(plainProperties.gapsOf(bytes), timedProperties.gapsOf(bytes));
});
