import assert from "node:assert/strict";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { namespaceOf } from "../../../tests/support/worlds/track_model.ts";
import type { Refusal, TrackStatus } from "../../track/mod.ts";
import { LOOK_MS } from "./limits.ts";
import { isLiveAlready } from "./live_already.ts";

type Answer = Promise<Outcome<TrackStatus, Refusal>>;

const THERE: Answer = Promise.resolve(done({ largest: undefined, properties: undefined }));
const NOT_THERE: Answer = Promise.resolve(refused({ kind: "does_not_exist", reason: "nobody" }));
const SILENCE: Answer = new Promise(() => {});

/** What is found when the relay answers so for the two catalogs, and after how many milliseconds. */
async function look(...answers: readonly Answer[]): Promise<[boolean | undefined, number]> {
  const clock = new ManualClock();
  const left = [...answers];
  let found: boolean | undefined;
  const relay = { trackStatus: () => left.shift()! };
  void isLiveAlready(relay, namespaceOf("live", "cam"), clock).then((is) => found = is);
  await clock.advance(0);
  if (found === undefined) await clock.advance(LOOK_MS);
  assert.equal(clock.pending, 0);
  return [found, clock.now()];
}

Deno.test("isLiveAlready() is so when the relay has one of the catalogs", async () => {
  assert.deepEqual(await look(NOT_THERE, THERE), [true, 0]);
  assert.deepEqual(await look(THERE, SILENCE), [true, 0]);
  assert.deepEqual(await look(NOT_THERE, NOT_THERE), [false, 0]);
});

Deno.test("isLiveAlready() does not wait long for a relay that does not answer, or cannot", async () => {
  assert.deepEqual(await look(SILENCE, NOT_THERE), [false, LOOK_MS]);
  assert.deepEqual(await look(Promise.reject(new Error("no words")), NOT_THERE), [false, 0]);
});
