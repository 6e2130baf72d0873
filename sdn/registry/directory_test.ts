import assert from "node:assert/strict";
import { Directory } from "./directory.ts";

const version = { epoch: 0, number: 1, seq: 1, by: "" };

function directory(...entries: [relay: string, track: string][]): Directory {
  const made = new Directory();
  for (const [relay, track] of entries) made.add({ relay, track, version, registeredAt: 0 });
  return made;
}

const names = (entries: { relay: string; track: string }[]) =>
  entries.map((entry) => `${entry.track}@${entry.relay}`);

Deno.test("page() lists a prefix by whole parts, in order, the prefix itself first", () => {
  const made = directory(
    ["b", "live/a"],
    ["a", "live/a"],
    ["a", "live/a/video"],
    ["a", "live/a!"],
    ["a", "live/ab"],
    ["a", "live"],
  );
  assert.deepEqual(names(made.page("live/a", 10)), ["live/a@a", "live/a@b", "live/a/video@a"]);
  assert.equal(made.page("", 10).length, 6);
  assert.equal(made.size, 6);
});

Deno.test("page() goes on after the cursor without a gap or a repetition", () => {
  const made = directory();
  for (let i = 0; i < 300; i++) {
    for (const relay of ["r1", "r2"]) {
      made.add({ relay, track: `live/${i % 7}/${i}`, version, registeredAt: 0 });
    }
  }
  for (const prefix of ["", "live", "live/3"]) {
    const all = names(made.page(prefix, 10_000));
    const paged: string[] = [];
    for (let page = made.page(prefix, 7); page.length > 0;) {
      paged.push(...names(page));
      const last = page.at(-1);
      page = last === undefined ? [] : made.page(prefix, 7, last);
    }
    assert.deepEqual(paged, all);
    assert.equal(new Set(all).size, all.length);
  }
});

Deno.test("covering() finds the track and every namespace above it, the closest first", () => {
  const made = directory(["a", "live"], ["b", "live/x/y"]);
  assert.deepEqual(names(made.covering("live/x/y/video")), ["live/x/y@b", "live@a"]);
  assert.deepEqual(names(made.covering("live/x/video")), ["live@a"]);
  assert.deepEqual(made.covering("lives"), []);
});

Deno.test("remove() forgets one relay's announce and leaves the others", () => {
  const made = directory(["a", "x"], ["b", "x"]);
  made.remove("a", "x");
  made.remove("a", "x");
  made.remove("b", "y");
  assert.deepEqual(names(made.of("x")), ["x@b"]);
  made.remove("b", "x");
  assert.deepEqual(names(made.page("", 10)), []);
  assert.equal(made.size, 0);
});
