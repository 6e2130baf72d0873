import assert from "node:assert/strict";
import type { Filter, SetupOptions } from "@qumo/shared/wire";
import { upstreamFilter } from "./upstream_filter.ts";

const PLAIN: SetupOptions = { authorizationTokens: [], maxAuthTokenCacheSize: 0n };
const RELAY: SetupOptions = { ...PLAIN, relayName: "west" };
const LARGEST: Filter = { type: "largest_object" };
const START = { group: 3n, object: 1n };

Deno.test("upstreamFilter() asks for no less than what is wanted", () => {
  assert.deepEqual(upstreamFilter({}, PLAIN), LARGEST);
  assert.equal(upstreamFilter({ past: true }, PLAIN), undefined);
  assert.equal(upstreamFilter({ past: true }, RELAY), undefined);
  assert.equal(upstreamFilter({ from: START }, PLAIN), undefined);
  assert.deepEqual(upstreamFilter({ from: START }, RELAY), {
    type: "absolute_start",
    start: START,
  });
});
