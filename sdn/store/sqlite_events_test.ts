import assert from "node:assert/strict";
import { MAX_EVENTS } from "../events/mod.ts";
import { SqliteEvents } from "./sqlite_events.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("events outlive the process, the newest of them", async () => {
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const open = () =>
    new SqliteEvents(`${folder}/events.sqlite`, { clock, onFailure: (one) => failures.push(one) });
  const first = open();
  for (let id = 1; id <= MAX_EVENTS + 5; id++) {
    first.keep({ id, time: id, kind: "relay_expired", relay: `r${id}` });
    if (id % 500 === 0) await clock.advance(1000);
  }
  first.close();
  const second = open();
  const kept = second.load(MAX_EVENTS * 2);
  assert.deepEqual([kept.length, kept[0]?.id, kept.at(-1)?.relay], [
    MAX_EVENTS,
    6,
    `r${MAX_EVENTS + 5}`,
  ]);
  assert.deepEqual(second.load(1).map(({ id }) => id), [MAX_EVENTS + 5]);
  second.close();
  assert.deepEqual([failures, clock.pending], [[], 0]);
  await Deno.remove(folder, { recursive: true });
});
