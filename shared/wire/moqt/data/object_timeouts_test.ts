import assert from "node:assert/strict";
import { bytesOf } from "../../../../tests/support/message_vectors.ts";
import { data19 } from "../drafts/draft19_data.ts";
import { deliveryTimeouts } from "./object_timeouts.ts";

const { properties: form } = data19;

for (
  const [name, bytes, expected] of [
    ["none", "", undefined],
    ["none among others", "04 05 0c 01", undefined],
    ["both", "02 64 04 32", { object: 100, subgroup: 50 }],
    ["0, which says that there is none", "02 00", { object: Infinity }],
    ["the first of two", "02 05 00 06", { object: 5 }],
    ["an immutable one", "0b 02 02 09", { object: 9 }],
    ["more milliseconds than a number counts", "06 ff ff ff ff ff ff ff ff ff", {
      subgroup: Number.MAX_SAFE_INTEGER,
    }],
    ["what cannot be read, which says nothing", "02", undefined],
  ] as const
) {
  Deno.test(`delivery timeouts of an object: ${name}`, () => {
    assert.deepEqual(deliveryTimeouts(bytesOf(bytes), form), expected);
  });
}
