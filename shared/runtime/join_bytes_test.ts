import assert from "node:assert/strict";
import { joinBytes } from "./join_bytes.ts";

Deno.test("joinBytes() copies parts into memory of their own, and takes none", () => {
  const part = Uint8Array.of(1, 2);
  const joined = joinBytes([part, new Uint8Array(0), Uint8Array.of(3)]);
  part[0] = 9;
  assert.deepEqual(joined, Uint8Array.of(1, 2, 3));
  assert.equal(joinBytes([]).length, 0);
});
