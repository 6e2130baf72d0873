import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { Reception } from "./reception.ts";

/** What a line says of a frame that was made so many milliseconds ago. */
function lineOf(age: number): string {
  const clock = new ManualClock();
  const reception = new Reception(clock, () => {});
  reception.frame((clock.wall() - age) * 1_000);
  return reception.line();
}

Deno.test("Reception.line() says a latency, and none below zero", () => {
  for (const [age, latency] of [[120, 120], [0, 0], [-0.4, 0], [-12, 0]] as const) {
    assert.match(lineOf(age), new RegExp(` latency ${latency} ms `), `${age}`);
  }
});

Deno.test("Reception.line() says that the clocks differ when frames come from the future", () => {
  assert.match(lineOf(-13_178), / latency unknown: the publisher's timestamps are 13178 ms ahead /);
  assert.doesNotMatch(lineOf(-13_178), /-\d/);
});

Deno.test("Reception.line() says nothing of timestamps that are no time of day", () => {
  assert.doesNotMatch(lineOf(-1e9), /latency/);
});
