import assert from "node:assert/strict";
import { AddressLimit } from "./address_limit.ts";

Deno.test("AddressLimit lets each address have so many connections at once", () => {
  const limit = new AddressLimit(2);
  assert.deepEqual([limit.take("a"), limit.take("a"), limit.take("a")], [true, true, false]);
  assert.equal(limit.take("b"), true);
  limit.give("a");
  assert.deepEqual([limit.take("a"), limit.take("a")], [true, false]);
});
