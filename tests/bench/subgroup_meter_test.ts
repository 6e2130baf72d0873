import assert from "node:assert/strict";
import { SubgroupMeter } from "./subgroup_meter.ts";
import { makeObject, type Traffic } from "./traffic.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const TRAFFIC: Traffic = { tracks: 1, objectBytes: 100, rate: 1, groupObjects: 3 };

/** What a meter finds when `bytes` come in parts of this size. */
function measure(bytes: Uint8Array, size: number): number[] {
  const found: number[] = [];
  const meter = new SubgroupMeter((stamp) => found.push(stamp), referenceDraft);
  let rest = new Uint8Array();
  for (let at = 0; at < bytes.length; at += size) {
    rest = new Uint8Array([...rest, ...bytes.subarray(at, at + size)]);
    rest = rest.slice(meter.take(rest, rest.length));
  }
  return found;
}

Deno.test("SubgroupMeter finds every timestamp however a stream is cut", () => {
  const objects = [0, 1, 2].map((number) => makeObject(TRAFFIC, 0, number));
  const bytes = new Uint8Array(objects.flatMap((object) => [...object.bytes]));
  const stamps = objects.map((object) => object.stamp);
  for (const size of [1, 7, 64, 101, bytes.length]) {
    assert.deepEqual(measure(bytes, size), stamps, `parts of ${size} bytes`);
  }
  assert.deepEqual(measure(bytes.subarray(0, -1), 50), stamps.slice(0, 2));
});

Deno.test("SubgroupMeter skips a stream that is none of a subgroup", () => {
  const setup = new Uint8Array(200);
  setup.set([0xaf, 0x00]);
  assert.deepEqual(measure(setup, 100), []);
});
