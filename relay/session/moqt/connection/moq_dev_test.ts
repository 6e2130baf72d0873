import assert from "node:assert/strict";
import type { SetupOptions } from "@qumo/shared/wire";
import { largestForSubscriber } from "./moq_dev.ts";

const PLAIN: SetupOptions = { authorizationTokens: [], maxAuthTokenCacheSize: 0n };
const SOLICITED: SetupOptions = { ...PLAIN, solicit: false };
const CLUSTERED: SetupOptions = { ...PLAIN, relayHops: 5n };

Deno.test("largestForSubscriber() tells the largest object to whoever can read it", () => {
  const largest = { group: 5n, object: 3n };
  assert.deepEqual(largestForSubscriber(largest, PLAIN), { largestObject: largest });
  assert.deepEqual(largestForSubscriber(undefined, PLAIN), {});
  assert.deepEqual(largestForSubscriber(largest, SOLICITED), {});
  assert.deepEqual(largestForSubscriber(largest, CLUSTERED), {});
  assert.deepEqual(largestForSubscriber(largest, CLUSTERED, { fill: {} }), {
    largestObject: largest,
  });
});
