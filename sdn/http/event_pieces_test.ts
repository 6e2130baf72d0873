import assert from "node:assert/strict";
import { EventPieces } from "./event_pieces.ts";

Deno.test("pieces are of bounded length, and together all that was added", () => {
  const pieces = new EventPieces(4);
  pieces.add("ab", "cdefghi", "", "j");
  assert.ok(pieces.isFull);
  const taken: string[] = [];
  while (!pieces.isEmpty) taken.push(pieces.take());
  assert.deepEqual(taken, ["abcd", "efgh", "ij"]);
  assert.ok(!pieces.isFull);
});

Deno.test("a character of two units is not cut in halves", () => {
  const pieces = new EventPieces(4);
  pieces.add("a", "🎥🎥🎥");
  const taken: string[] = [];
  while (!pieces.isEmpty) taken.push(pieces.take());
  assert.deepEqual(taken, ["a🎥", "🎥🎥"]);
});
