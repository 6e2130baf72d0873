import assert from "node:assert/strict";
import { topSelfTimes } from "./profile.ts";

Deno.test("topSelfTimes() adds up samples by function and leaves out idle time", () => {
  const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 9 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(idle)") },
      { id: 2, callFrame: frame("write", "file:///a/b/c/d.ts") },
      { id: 3, callFrame: frame("", "file:///a/b/c/d.ts") },
      { id: 4, callFrame: frame("write", "file:///a/b/c/d.ts") },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [0, 9000, 1000, 2000],
  };
  // A sample lasts until the next one; nobody knows how long the last did.
  assert.deepEqual(topSelfTimes(JSON.stringify(profile), 1), [
    { name: "(anonymous) b/c/d.ts:10", milliseconds: 2, share: 2 / 3 },
  ]);
  assert.equal(topSelfTimes(JSON.stringify(profile), 5).length, 2);
});
