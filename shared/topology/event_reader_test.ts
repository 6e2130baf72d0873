import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../tests/support/properties.ts";
import { EventReader } from "./event_reader.js";

const LIMITS = { line: 64, event: 128 };

function read(...pieces: string[]) {
  const reader = new EventReader(LIMITS);
  return pieces.flatMap((piece) => reader.read(piece));
}

Deno.test("EventReader reads events, and nothing of what is not one", () => {
  const text =
    "retry: 1000\n\n: still here\n\nid: 7\nevent: relay\ndata: {\ndata:}\n\ndata\n\nid: 8\n\n";
  assert.deepEqual(read(text), [
    { event: "relay", data: "{\n}", id: "7" },
    { event: "message", data: "", id: undefined },
  ]);
});

Deno.test("EventReader reads the same however the text is cut, and however lines end", () => {
  const events = [
    "id: 1\nevent: a\ndata: x: y\n\n",
    ": \n\n",
    "event: b\ndata:  z\n\n",
    "data: é😀\n\n",
  ];
  const whole = read(events.join(""));
  assert.equal(whole.length, 3);
  checkProperty(fc.property(
    fc.array(fc.nat(events.join("").length + 12), { maxLength: 12 }),
    fc.constantFrom("\n", "\r\n", "\r"),
    (cuts, end) => {
      const text = events.join("").replaceAll("\n", end);
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = places.map((place, n) => text.slice(place, places[n + 1] ?? text.length));
      assert.deepEqual(read(...pieces), whole);
    },
  ));
});

Deno.test("EventReader keeps no more than its limits", () => {
  assert.throws(() => read(`data: ${"x".repeat(59)}`), /a line has more than 64 characters/);
  assert.throws(
    () => read(...Array(11).fill("data: x"), ...Array(11).fill("x".repeat(5))),
    /a line/,
  );
  assert.throws(() => read("data: 1234567890\n".repeat(9)), /one has more than 128 characters/);
  // What has ended counts no more.
  assert.equal(read("data: 1234567890\n\n".repeat(50)).length, 50);
});
