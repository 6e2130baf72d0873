import assert from "node:assert/strict";
import { GroupCount } from "./group_count.ts";
import { MAX_COUNTED_GROUPS } from "./limits.ts";

Deno.test("GroupCount counts a group once, however its subgroups and those of others mix", () => {
  const count = new GroupCount();
  const seen = [1n, 1n, 2n, 1n, 2n, 3n, 3n];
  assert.deepEqual(seen.map((group) => count.begins(group)), [
    true,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
});

Deno.test("GroupCount forgets the groups of long ago", () => {
  const count = new GroupCount();
  for (let group = 0n; group <= MAX_COUNTED_GROUPS; group++) assert.ok(count.begins(group));
  assert.equal(count.begins(1n), false);
  assert.ok(count.begins(0n));
});
