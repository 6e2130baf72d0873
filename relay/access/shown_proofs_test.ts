import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { MAX_SHOWN_PROOFS, MAX_SHOWN_RELAYS } from "./limits.ts";
import { ShownProofs } from "./shown_proofs.ts";

function shownProofs() {
  const clock = new ManualClock();
  const proofs = new ShownProofs(clock);
  const take = (name: string, tokenId: string, lastsMs = 1_000) =>
    proofs.take({ name, tokenId, until: clock.wall() + lastsMs });
  return { clock, take };
}

Deno.test("a proof is new once, for each relay, until it is over", async () => {
  const { clock, take } = shownProofs();
  assert.ok(take("lyon", "1"));
  assert.ok(take("paris", "1"));
  assert.ok(take("lyon", "2"));
  assert.ok(!take("lyon", "1"));
  await clock.advance(999);
  assert.ok(!take("lyon", "1"));
  await clock.advance(1);
  assert.ok(take("lyon", "1"), "it is forgotten, since it is good for nothing");
});

Deno.test("of too many proofs the oldest of the same relay is forgotten, and no other one's", () => {
  const { take } = shownProofs();
  take("paris", "1");
  for (let id = 0; id <= MAX_SHOWN_PROOFS; id++) assert.ok(take("lyon", `${id}`));
  assert.ok(!take("lyon", "1"));
  assert.ok(!take("paris", "1"));
  assert.ok(take("lyon", "0"));
});

Deno.test("of too many relays the one is forgotten that was heard of least lately", () => {
  const { take } = shownProofs();
  take("paris", "1");
  take("rome", "1");
  take("paris", "2");
  for (let id = 0; id < MAX_SHOWN_RELAYS - 1; id++) take(`relay-${id}`, "1");
  assert.ok(!take("paris", "1"));
  assert.ok(take("rome", "1"));
});
