import assert from "node:assert/strict";
import { HoldDown } from "./hold_down.ts";

Deno.test("HoldDown lets a link that never failed be up at once", () => {
  const hold = new HoldDown(1_000);
  assert.equal(hold.milliseconds, 0);
  hold.down(5);
  assert.equal(hold.milliseconds, 0, "a link that never was up has not flapped");
});

Deno.test("HoldDown doubles while a link flaps, up to a limit, and forgives one that stays", () => {
  const hold = new HoldDown(1_000);
  const seen: number[] = [];
  let now = 0;
  for (let flap = 0; flap < 8; flap++) {
    hold.up(now);
    hold.down(now += 500);
    seen.push(hold.milliseconds);
  }
  assert.deepEqual(seen, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  hold.up(now);
  hold.down(now += 300_000);
  assert.equal(hold.milliseconds, 1_000);
});

Deno.test("HoldDown counts from the first word that the link is up", () => {
  const hold = new HoldDown(100);
  hold.up(0);
  hold.up(900);
  hold.down(1_000);
  hold.up(1_000);
  hold.down(2_000);
  assert.equal(hold.milliseconds, 100, "it was up for ten times its hold, twice");
});
