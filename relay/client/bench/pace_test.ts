import assert from "node:assert/strict";
import { Pace } from "./pace.ts";

Deno.test("Pace makes an object due at each interval, however late the ones before were", () => {
  const pace = new Pace(10, 1_000);
  for (const now of [1_000, 1_450, 1_450]) pace.sent(now);
  assert.equal(pace.due, 1_300);
});

Deno.test("Pace.lateness() is the latest since it was asked, with what is overdue", () => {
  const pace = new Pace(10, 1_000);
  assert.equal(pace.lateness(900), 0);
  pace.sent(1_000);
  pace.sent(1_450);
  assert.equal(pace.lateness(1_450), 350);
  pace.sent(1_450);
  assert.equal(pace.lateness(1_450), 250);
  assert.equal(pace.lateness(3_300), 2_000);
});
