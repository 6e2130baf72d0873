import assert from "node:assert/strict";
import type { Interest } from "@qumo/shared/topology";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { Interests } from "./interests.ts";
import { INTEREST_MS, MAX_FOLLOWED, SWEEP_MS } from "./limits.ts";

function interest(number: number): Interest {
  return { kind: "namespace", text: `live/${number}` };
}

/** Interests that are followed by a controller. */
function setUp() {
  const clock = new ManualClock();
  const { log, lines } = memoryLog();
  const calls = { dropped: 0, narrow: 0 };
  const interests = new Interests({
    clock,
    log,
    onDropped: () => calls.dropped++,
    onNarrow: () => calls.narrow++,
  });
  interests.opening(true);
  interests.begun("interests");
  interests.ready();
  return { clock, interests, calls, lines };
}

Deno.test("requests for ever new names push out what nobody uses, and nothing that is in use", () => {
  const { interests, calls } = setUp();
  const canary = interests.follow({ kind: "namespace", text: "canary" });
  interests.take();
  interests.knows(1);
  for (let number = 0; number < 3 * MAX_FOLLOWED; number++) {
    interests.follow(interest(number)).end();
  }
  assert.ok(interests.size <= MAX_FOLLOWED);
  assert.ok(interests.wants("canary/~/video"));
  assert.equal(interests.follow({ kind: "namespace", text: "canary" }).known, undefined);
  assert.deepEqual([interests.isWide, interests.counts.widened], [false, 0]);
  assert.ok(calls.dropped > 0);
  canary.end();
  interests.close();
});

Deno.test("with more in use than can be told all announces are followed, until there are fewer", async () => {
  const { clock, interests, calls, lines } = setUp();
  const used = Array.from(
    { length: MAX_FOLLOWED + 100 },
    (_, number) => interests.follow(interest(number)),
  );
  assert.deepEqual([interests.isWide, interests.counts.widened], [true, 1]);
  assert.equal(lines.filter(({ text }) => text.includes("too many namespaces")).length, 1);
  interests.begun("all");
  interests.ready();
  // Nobody waits any more: the mirror has everything.
  for (const { known } of used) await known;
  assert.ok(interests.wants("never/asked/for"));
  for (const one of used.slice(10)) one.end();
  for (let waited = 0; waited <= INTEREST_MS + SWEEP_MS; waited += SWEEP_MS) {
    await clock.advance(SWEEP_MS);
  }
  assert.deepEqual([interests.isWide, interests.size, calls.narrow], [false, 10, 1]);
  // What is in use is said at once, and was never let go of.
  assert.equal(interests.opening(false).length, 10);
  interests.close();
  assert.equal(clock.pending, 0);
});

Deno.test("what is asked for while a stream is being opened is told on it", () => {
  const { interests } = setUp();
  interests.lost();
  interests.opening(false);
  interests.follow(interest(1));
  interests.begun("interests");
  interests.ready();
  assert.deepEqual(interests.take()?.add, [interest(1)]);
  assert.equal(interests.take(), undefined);
  interests.close();
});

Deno.test("an interest that was dropped and is taken up again before that was told is told anew", async () => {
  const { clock, interests } = setUp();
  interests.follow(interest(1)).end();
  assert.equal(interests.take()?.number, 1);
  interests.knows(1);
  await clock.advance(INTEREST_MS + SWEEP_MS);
  await clock.advance(SWEEP_MS);
  assert.equal(interests.size, 0);
  interests.follow(interest(1));
  assert.deepEqual(interests.take(), { number: 2, add: [interest(1)], drop: [] });
  interests.close();
});
