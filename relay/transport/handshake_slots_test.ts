import assert from "node:assert/strict";
import { HandshakeSlots } from "./handshake_slots.ts";

Deno.test("whoever begins the most handshakes pushes out their own oldest", () => {
  const { slots, take, givenUp } = world(4);
  take("guest", 1);
  for (const number of [1, 2, 3, 4, 5]) take("flood", number);
  assert.deepEqual(givenUp, ["flood 1", "flood 2"]);
  take("other", 1);
  assert.deepEqual(givenUp, ["flood 1", "flood 2", "flood 3"]);
  assert.equal(slots.taken, 4);
});

Deno.test("among as many addresses as places the oldest handshake is given up", () => {
  const { take, givenUp } = world(3);
  for (const address of ["a", "b", "c", "d", "e"]) take(address, 1);
  assert.deepEqual(givenUp, ["a 1", "b 1"]);
});

Deno.test("a known address is given up last, unless it has far more than anybody", () => {
  const { take, givenUp } = world(3, "tokyo");
  take("tokyo", 1);
  take("tokyo", 2);
  for (const address of ["a", "b"]) take(address, 1);
  assert.deepEqual(givenUp, ["a 1"]);
  const forged = world(200, "tokyo");
  for (let number = 1; number <= 199; number++) forged.take("tokyo", number);
  forged.take("a", 1);
  forged.take("b", 1);
  assert.deepEqual(forged.givenUp, ["tokyo 1"]);
});

Deno.test("a place that was given back, or taken away, is not given back again", () => {
  const { slots, take, givenUp } = world(1);
  const first = take("a", 1);
  const second = take("b", 1);
  assert.deepEqual(givenUp, ["a 1"]);
  first.give();
  assert.equal(slots.taken, 1);
  second.give();
  second.give();
  assert.equal(slots.taken, 0);
});

function world(limit: number, known?: string) {
  const slots = new HandshakeSlots(limit);
  const givenUp: string[] = [];
  const take = (address: string, number: number) =>
    slots.take(
      { key: address, isKnown: address === known },
      () => givenUp.push(`${address} ${number}`),
    );
  return { slots, take, givenUp };
}
