import assert from "node:assert/strict";
import { ByteBudget } from "./byte_budget.ts";

Deno.test("bodies have room in all and for each client, and one alone may be larger", () => {
  const budget = new ByteBudget(100, 20);
  const large = budget.open("a");
  assert.ok(large.take(50), "alone");
  assert.ok(large.take(10), "still alone");
  assert.equal(budget.open("a").take(1), false, "the same client's second");
  const other = budget.open("b");
  assert.ok(other.take(15));
  const second = budget.open("b");
  assert.equal(second.take(6), false);
  assert.ok(second.take(5));
  assert.equal(budget.open("c").take(21), false, "more than there is in all");
  large.close();
  large.close();
  assert.equal(budget.used, 20);
  assert.ok(budget.open("c").take(21));
});
