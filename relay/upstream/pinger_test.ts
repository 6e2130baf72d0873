import type { Clock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { Pinger } from "./pinger.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

/** A pinger whose peer answers after `delay` milliseconds, or not at all, and whose timers are `late`. */
function start(peer: { delay: number | undefined }, late = 0) {
  const clock = new ManualClock();
  const seen = { pings: 0, answers: 0, silentAt: undefined as number | undefined };
  const lateClock: Clock = {
    now: () => clock.now(),
    wall: () => clock.wall(),
    after: (delay, fire) => clock.after(delay + late, fire),
  };
  const pinger = new Pinger({
    clock: lateClock,
    intervalMs: 100,
    timeoutMs: 350,
    ping: () => {
      seen.pings++;
      const { delay } = peer;
      return new Promise((resolve) => {
        if (delay !== undefined) clock.after(delay, () => resolve(true));
      });
    },
    onAnswer: () => seen.answers++,
    onSilence: () => seen.silentAt = clock.now(),
  });
  return { clock, pinger, seen };
}

Deno.test("Pinger follows a round trip that becomes longer, within a few seconds", async () => {
  const peer: { delay: number | undefined } = { delay: 8 };
  const { clock, pinger, seen } = start(peer);
  assert.equal(pinger.rttMs, undefined);
  await clock.advance(50);
  assert.equal(pinger.rttMs, 8);
  peer.delay = 16;
  await clock.advance(100);
  assert.equal(pinger.rttMs, 8, "one slow answer says little");
  assert.equal(seen.answers, 2);
  await clock.advance(500);
  assert.equal(pinger.rttMs, 8);
  await clock.advance(1_500);
  assert.ok(pinger.rttMs! > 15.5, `${pinger.rttMs} ms`);
  pinger.stop();
  assert.equal(clock.pending, 0);
});

Deno.test("Pinger does not take a busy thread for a distant peer", async () => {
  const peer: { delay: number | undefined } = { delay: 2 };
  const { clock, pinger } = start(peer);
  for (let turn = 0; turn < 100; turn++) {
    peer.delay = turn % 4 === 0 ? 2 : 25;
    await clock.advance(100);
  }
  assert.equal(pinger.rttMs, 2);
  pinger.stop();
});

Deno.test("Pinger calls a peer silent that says nothing for as long as configured, and once", async () => {
  const peer: { delay: number | undefined } = { delay: 1 };
  const { clock, seen } = start(peer);
  await clock.advance(150);
  peer.delay = undefined;
  await clock.advance(10_000);
  assert.equal(seen.silentAt, 500, "the last answer came at 101, and ticks are each 100 ms");
  assert.equal(seen.pings, 3, "one question at a time");
  assert.equal(clock.pending, 0);
});

Deno.test("Pinger takes whatever comes as a sign of life", async () => {
  const { clock, pinger, seen } = start({ delay: undefined });
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(100);
    pinger.heard();
  }
  assert.equal(seen.silentAt, undefined);
  await clock.advance(400);
  assert.equal(seen.silentAt, 2_400);
});

Deno.test("Pinger is more patient with a peer that is far away", async () => {
  const peer: { delay: number | undefined } = { delay: 250 };
  const { clock, pinger, seen } = start(peer);
  await clock.advance(1_040);
  assert.equal(pinger.rttMs, 250);
  peer.delay = undefined;
  const since = clock.now();
  await clock.advance(5_000);
  const silence = seen.silentAt! - since;
  assert.ok(silence > 700 && silence < 1_100, `${silence} ms`);
});

Deno.test("Pinger is more patient with a peer whose machine is busy now and then, for as long as it is", async () => {
  const peer: { delay: number | undefined } = { delay: 2 };
  const { clock, pinger, seen } = start(peer);
  await clock.advance(1_000);
  peer.delay = 300;
  await clock.advance(400);
  peer.delay = 600;
  await clock.advance(700);
  assert.equal(seen.silentAt, undefined, "It is as busy as it was, and not dead");
  peer.delay = 2;
  await clock.advance(2_000);
  peer.delay = undefined;
  const since = clock.now();
  await clock.advance(5_000);
  assert.ok(seen.silentAt! - since < 500, `${seen.silentAt! - since} ms`);
  pinger.stop();
});

Deno.test("Pinger does not call a peer dead while its own timers are late", async () => {
  const { clock, seen } = start({ delay: undefined }, 90);
  await clock.advance(600);
  assert.equal(seen.silentAt, undefined, "of 600 ms this program itself stood still for 270");
  await clock.advance(600);
  assert.equal(seen.silentAt, 760);
});
