import assert from "node:assert/strict";
import type { Filter, SetupOptions } from "@qumo/shared/wire";
import { joinPointOf } from "./join_point.ts";

const PLAIN: SetupOptions = { authorizationTokens: [], maxAuthTokenCacheSize: 0n };
const SOLICITED: SetupOptions = { ...PLAIN, solicit: false };
const CLUSTERED: SetupOptions = { ...PLAIN, relayHops: 5n };
const RELAY: SetupOptions = { ...PLAIN, relayName: "west" };
const LARGEST: Filter = { type: "largest_object" };
const START = { group: 3n, object: 1n };

Deno.test("joinPointOf() begins at the group's start for whoever declares moq-dev's extensions", () => {
  assert.equal(joinPointOf(LARGEST, "auto", PLAIN), "live");
  assert.equal(joinPointOf(LARGEST, "auto", SOLICITED), "group_start");
  assert.equal(joinPointOf(LARGEST, "auto", CLUSTERED), "group_start");
});

Deno.test("joinPointOf() obeys what is configured", () => {
  assert.equal(joinPointOf(LARGEST, "strict", CLUSTERED), "live");
  assert.equal(joinPointOf(LARGEST, "group_start", PLAIN), "group_start");
});

Deno.test("joinPointOf() takes a filter at its word, and none for everything", () => {
  for (const lateJoin of ["strict", "auto", "group_start"] as const) {
    assert.equal(joinPointOf({ type: "next_group" }, lateJoin, CLUSTERED), "live");
    assert.equal(joinPointOf(undefined, lateJoin, PLAIN), "filter_start");
    assert.equal(
      joinPointOf({ type: "absolute_start", start: START }, lateJoin, PLAIN),
      "filter_start",
    );
  }
});

Deno.test("joinPointOf() gives another relay a group from its start, unless it says what it misses", () => {
  assert.equal(joinPointOf(LARGEST, "strict", RELAY), "group_start");
  assert.equal(joinPointOf({ type: "next_group" }, "strict", RELAY), "group_start");
  assert.equal(
    joinPointOf({ type: "absolute_start", start: START }, "strict", RELAY),
    "filter_start",
  );
});
