import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import type { EtcdFollower } from "./etcd_follower.ts";
import { EtcdNotices, type EtcdNoticesOptions } from "./etcd_notices.ts";
import { USAGES_WRITE_MS } from "./limits.ts";

Deno.test("what tenants use is written for as long as the program runs, and leaves nothing behind", async () => {
  const clock = new ManualClock();
  const mirror = { relay: () => undefined, notices: new Map() };
  const notices = new EtcdNotices({
    client: {} as EtcdNoticesOptions["client"],
    keys: { key: () => "" } as unknown as EtcdNoticesOptions["keys"],
    follower: { mirror } as unknown as EtcdFollower,
    clock,
    timeline: { toWall: (time) => time, fromWall: (wall) => wall },
  });
  const ending = new AbortController();
  let listeners = 0;
  const { signal } = ending;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const running = notices.run(signal);
  const counts = [];
  for (let round = 0; round < 5; round++) {
    await clock.advance(0);
    notices.uses({ relay: "a", tenants: [], heardAt: clock.now() });
    await clock.advance(USAGES_WRITE_MS);
    counts.push(listeners);
  }
  assert.deepEqual(counts, Array(5).fill(1));
  ending.abort();
  await running;
});
