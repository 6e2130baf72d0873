import assert from "node:assert/strict";
import type { Filter, SetupOptions } from "@qumo/shared/wire";
import { joinPointOf, largestForSubscriber } from "./moq_dev.ts";

const PLAIN: SetupOptions = { authorizationTokens: [], maxAuthTokenCacheSize: 0n };
const SOLICITED: SetupOptions = { ...PLAIN, solicit: false };
const CLUSTERED: SetupOptions = { ...PLAIN, relayHops: 5n };
const LARGEST: Filter = { type: "largest_object" };

Deno.test("joinPointOf() begins at the group's start for whoever declares moq-dev's extensions", () => {
  assert.equal(joinPointOf(LARGEST, "auto", PLAIN), "live");
  assert.equal(joinPointOf(LARGEST, "auto", SOLICITED), "group_start");
  assert.equal(joinPointOf(LARGEST, "auto", CLUSTERED), "group_start");
});

Deno.test("joinPointOf() obeys what is configured", () => {
  assert.equal(joinPointOf(LARGEST, "strict", CLUSTERED), "live");
  assert.equal(joinPointOf(LARGEST, "group_start", PLAIN), "group_start");
});

Deno.test("joinPointOf() leaves every other filter alone", () => {
  assert.equal(joinPointOf({ type: "next_group" }, "group_start", CLUSTERED), "live");
  assert.equal(joinPointOf(undefined, "group_start", CLUSTERED), "live");
});

Deno.test("largestForSubscriber() tells the largest object to whoever can read it", () => {
  const largest = { group: 5n, object: 3n };
  assert.deepEqual(largestForSubscriber(largest, PLAIN), { largestObject: largest });
  assert.deepEqual(largestForSubscriber(undefined, PLAIN), {});
  assert.deepEqual(largestForSubscriber(largest, SOLICITED), {});
  assert.deepEqual(largestForSubscriber(largest, CLUSTERED), {});
});
