import assert from "node:assert/strict";
import { Reroutes } from "./reroutes.ts";

const via = (hop: string, ...tracks: string[]) =>
  tracks.map((track) => ({ track, next_hop: hop, source: "s" }));

Deno.test("Reroutes counts tracks whose neighbor became another one, at each relay", () => {
  const reroutes = new Reroutes();
  reroutes.take("a", via("b", "video", "audio"));
  reroutes.take("c", via("b", "video"));
  assert.equal(reroutes.sum, 0);
  reroutes.take("a", [...via("d", "video"), ...via("b", "audio")]);
  reroutes.take("c", via("d", "video"));
  assert.equal(reroutes.ofRelay("a"), 1);
  assert.equal(reroutes.ofTrack("video"), 2);
  assert.equal(reroutes.ofTrack("audio"), 0);
  assert.equal(reroutes.sum, 2);
});

Deno.test("Reroutes counts a track that was away for less than a sample, and no later", () => {
  const reroutes = new Reroutes();
  const flows = new Map([["a", via("b", "video")]]);
  reroutes.take("a", via("b", "video"));
  reroutes.reset(flows);
  reroutes.take("a", []);
  reroutes.take("a", via("c", "video"));
  assert.equal(reroutes.ofRelay("a"), 1);
  reroutes.take("a", []);
  reroutes.reset(new Map());
  assert.equal(reroutes.sum, 0);
  reroutes.take("a", via("b", "video"));
  assert.equal(reroutes.sum, 0, "it ended meanwhile");
});
