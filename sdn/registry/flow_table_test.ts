import assert from "node:assert/strict";
import { FlowTable } from "./flow_table.ts";

const flow = (track: string) => ({ track, next_hop: "b", source: "c" });

Deno.test("a list holds until the relay has not beaten here for so long", () => {
  const table = new FlowTable(10);
  assert.equal(table.beat("a", [flow("x")], 100).length, 1);
  assert.deepEqual(table.beat("a", undefined, 200), []);
  assert.deepEqual([table.next, table.expire(199)], [200, []]);
  assert.deepEqual(table.expire(200), [{ kind: "flows", relay: "a", flows: [] }]);
  assert.deepEqual([table.size, table.next, table.lists.size], [0, undefined, 0]);
});

Deno.test("the same flows are no change, in whatever order and however often they are named", () => {
  const table = new FlowTable(10);
  table.beat("a", [flow("x"), flow("y"), flow("y")], 1);
  assert.deepEqual(table.beat("a", [flow("y"), flow("x"), flow("x")], 1), []);
  assert.equal(table.beat("a", [flow("y"), flow("x"), flow("z")], 1).length, 1);
  assert.equal(table.beat("a", [flow("y"), flow("x"), { ...flow("z"), source: "d" }], 1).length, 1);
});

Deno.test("a list for which there is no room is taken as empty", () => {
  const table = new FlowTable(3);
  table.beat("a", [flow("x"), flow("y")], 1);
  assert.deepEqual(table.beat("b", [flow("x"), flow("y")], 1), []);
  assert.equal(table.beat("b", [flow("x")], 1).length, 1);
  assert.deepEqual(table.beat("a", [flow("x"), flow("y"), flow("z")], 1), [
    { kind: "flows", relay: "a", flows: [] },
  ]);
  assert.equal(table.size, 1);
});
