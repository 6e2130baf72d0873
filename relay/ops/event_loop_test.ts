import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import { EventLoopLag } from "./event_loop.ts";

/** A clock whose timer fires when the test says, however late. */
class LateClock implements Clock {
  time = 0;
  fire: () => void = () => {};

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.time;
  }

  after(_delay: number, fire: () => void) {
    this.fire = fire;
    return { cancel: () => void (this.fire = () => {}) };
  }

  fireAt(time: number): void {
    this.time = time;
    this.fire();
  }
}

Deno.test("EventLoopLag is the worst delay of a timer", () => {
  const clock = new LateClock();
  const lag = new EventLoopLag(clock);
  clock.fireAt(100);
  assert.equal(lag.worst(), 0);
  clock.fireAt(230);
  clock.fireAt(335);
  assert.equal(lag.worst(), 30);
});

Deno.test("EventLoopLag remembers the worst for a minute at least, and for two at most", () => {
  const clock = new LateClock();
  const lag = new EventLoopLag(clock);
  clock.fireAt(150);
  const punctualUntil = (end: number) => {
    while (clock.time < end) clock.fireAt(clock.time + 100);
  };
  punctualUntil(60_200);
  assert.equal(lag.worst(), 50);
  assert.equal(lag.worst(), 50);
  punctualUntil(120_500);
  assert.equal(lag.worst(), 0);
});
