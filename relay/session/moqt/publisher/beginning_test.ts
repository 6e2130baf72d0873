import assert from "node:assert/strict";
import { Beginning } from "./beginning.ts";

const TOLD = { group: 7n, object: 3n };
const NOW = { group: 9n, object: 1n };

Deno.test("a subscription to the largest object begins where the source that delivers has it", () => {
  const strict = new Beginning({ type: "largest_object" }, "live", TOLD);
  assert.deepEqual(strict.windowFrom(NOW)?.start, { group: 9n, object: 2n });
  const fromGroup = new Beginning({ type: "largest_object" }, "group_start", TOLD);
  assert.deepEqual(fromGroup.windowFrom(NOW)?.start, { group: 9n, object: 0n });
  const whole = new Beginning(undefined, "filter_start", TOLD);
  assert.equal(whole.windowFrom(NOW), undefined);
});

Deno.test("a subscription that is changed begins with what comes from then on", () => {
  const beginning = new Beginning({ type: "largest_object" }, "group_start", TOLD);
  const window = { start: { group: 9n, object: 5n }, endGroup: undefined };
  assert.deepEqual(beginning.extended(window).start, { group: 7n, object: 0n });
  beginning.change({ type: "next_group" });
  assert.deepEqual(beginning.extended(window), window);
  assert.deepEqual(beginning.windowFrom(NOW)?.start, { group: 10n, object: 0n });
});

Deno.test("only another largest location than the subscriber was told of is news", () => {
  const beginning = new Beginning(undefined, "filter_start", undefined);
  assert.equal(beginning.isNews(undefined), false);
  assert.equal(beginning.isNews(TOLD), true);
  beginning.tell(TOLD);
  assert.equal(beginning.isNews({ ...TOLD }), false);
  assert.equal(beginning.isNews(NOW), true);
});
