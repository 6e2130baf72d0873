import assert from "node:assert/strict";
import { Slots } from "./slots.ts";

Deno.test("Slots lets so many in, and the next when one leaves, in order", async () => {
  const slots = new Slots(2);
  const inside: number[] = [];
  const all = [1, 2, 3, 4].map((guest) => slots.take().then(() => inside.push(guest)));
  await Promise.all(all.slice(0, 2));
  assert.deepEqual(inside, [1, 2]);
  slots.give();
  await all[2];
  assert.deepEqual(inside, [1, 2, 3]);
  slots.give();
  await all[3];
  slots.give();
  slots.give();
  await slots.take();
  await slots.take();
});

Deno.test("Slots that are open keep nobody waiting", async () => {
  const slots = new Slots(0);
  const waiting = slots.take();
  slots.open();
  await waiting;
  for (let count = 0; count < 1000; count++) await slots.take();
});
