import assert from "node:assert/strict";
import type { SetupOptions } from "@qumo/shared/wire";
import { leavesByFin } from "./relay_peer.ts";

const PLAIN: SetupOptions = { authorizationTokens: [], maxAuthTokenCacheSize: 0n };

Deno.test("leavesByFin() takes a FIN for a goodbye only from those who mean it", () => {
  assert.equal(leavesByFin(PLAIN), false);
  assert.equal(leavesByFin({ ...PLAIN, solicit: false }), true);
  assert.equal(leavesByFin({ ...PLAIN, relayName: "west" }), true);
});
