import assert from "node:assert/strict";
import { type Interest, InterestTree } from "./interest_tree.ts";

const concerns: readonly (readonly [Interest["kind"], string, string, boolean])[] = [
  ["namespace", "live/concert", "live/concert", true],
  ["namespace", "live/concert", "live", true],
  ["namespace", "live/concert", "~", true],
  ["namespace", "live/concert", "live/concert/~/video", true],
  ["namespace", "live/concert", "live/concert/hall", false],
  ["namespace", "live/concert", "live/~/concert", false],
  ["namespace", "live/concert", "live/concerto", false],
  ["namespace", "live/concert", "~/%2Froom/live/concert", false],
  ["namespace", "~", "~", true],
  ["namespace", "~", "~/video", true],
  ["namespace", "~", "live", false],
  ["namespace", "~/%2Froom/live", "~/%2Froom/~", true],
  ["namespace", "~/%2Froom/live", "~/%2Froom/live/~/video", true],
  ["namespace", "~/%2Froom/live", "live", false],
  ["prefix", "live", "live", true],
  ["prefix", "live", "live/concert/hall", true],
  ["prefix", "live", "live/concert/~/video", true],
  ["prefix", "live", "~", false],
  ["prefix", "live", "lively", false],
  ["prefix", "~", "live/concert", true],
  ["prefix", "~", "~/video", true],
  ["prefix", "~", "~/%2Froom/live", false],
  ["prefix", "~/%2Froom/~", "~/%2Froom/live", true],
  ["prefix", "~/%2Froom/~", "live", false],
];

Deno.test("an interest concerns the announces that a track or a prefix can come from", () => {
  for (const [kind, text, announce, is] of concerns) {
    const tree = new InterestTree<string>();
    assert.ok(tree.add({ kind, text }, "one"));
    assert.equal([...tree.of(announce)].length > 0, is, `${kind} ${text}: ${announce}`);
    tree.delete({ kind, text }, "one");
    assert.deepEqual([...tree.of(announce)], []);
  }
});

Deno.test("a track is no interest, and another's interest stays", () => {
  const tree = new InterestTree<string>();
  assert.ok(!tree.add({ kind: "namespace", text: "live/~/video" }, "one"));
  tree.add({ kind: "prefix", text: "live" }, "one");
  tree.add({ kind: "namespace", text: "live/concert" }, "two");
  tree.delete({ kind: "prefix", text: "live" }, "one");
  tree.delete({ kind: "prefix", text: "never/there" }, "one");
  assert.deepEqual([...tree.of("live/concert")], ["two"]);
});
