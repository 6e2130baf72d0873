import assert from "node:assert/strict";
import type { Registration } from "@qumo/shared/topology";
import { MemoryStore } from "../store/mod.ts";
import { START, testController } from "../../tests/support/worlds/sdn_controller.ts";
import { eventsOf } from "../../tests/support/worlds/watch_events.ts";
import type { WatchEvent } from "./use_cases.ts";

/** A store that keeps nothing until it is told to. */
class HeldStore extends MemoryStore {
  readonly #held = Promise.withResolvers<void>();

  override append(): Promise<void> {
    return this.#held.promise;
  }

  release(): void {
    this.#held.resolve();
  }
}

async function start() {
  const store = new HeldStore(0);
  const made = await testController({ store });
  const { controller, clock } = made;
  const register = (body: Registration) => controller.relays.register("a", body);
  /** Lets the store keep everything, and gives what a watcher is told of it, by revision. */
  const told = async (): Promise<Record<string, unknown>[]> => {
    store.release();
    await clock.advance(0);
    const scope = { graph: true, announces: true, flows: false, access: false, routes: [] };
    const events: WatchEvent[] = [];
    for await (const event of eventsOf(controller.watching, { since: 0, scope })) {
      if (event.event !== "ready") events.push(event);
      if (event.id === controller.revision() && event.event !== "ready") break;
    }
    return events.map(({ event, data }) => ({ event, ...JSON.parse(data) }));
  };
  return { ...made, register, told };
}

Deno.test("a watcher is told of each revision what the relay was at it, although it changed again before it was kept", async () => {
  const { controller, register, told } = await start();
  const answers = [register({ region: "x" }), register({ region: "y" }), register({ region: "z" })];
  const events = await told();
  await Promise.all(answers);
  assert.deepEqual(
    events.map(({ revision, region, modified, seq }) => ({ revision, region, modified, seq })),
    [
      { revision: 1, region: "x", modified: 1, seq: 0 },
      { revision: 2, region: "y", modified: 2, seq: 1 },
      { revision: 3, region: "z", modified: 3, seq: 2 },
    ],
  );
  await controller.close();
});

Deno.test("a watcher is told that a relay came, although it went before its coming was kept", async () => {
  const { controller, register, told } = await start();
  const answers = [register({ region: "x" }), controller.relays.deregister("a")];
  const events = await told();
  await Promise.all(answers);
  assert.deepEqual(events.map(({ event, revision }) => [event, revision]), [
    ["relay", 1],
    ["gone", 2],
  ]);
  await controller.close();
});

Deno.test("an announce is told with the lease that it was made under, although it was prolonged since", async () => {
  const { controller, clock, register, told } = await start();
  const answers = [register({ announces: ["live"] })];
  await clock.advance(1000);
  answers.push(register({ announces: ["live"], region: "y" }));
  const events = await told();
  await Promise.all(answers);
  const at = (milliseconds: number) => new Date(START + milliseconds).toISOString();
  assert.deepEqual(
    events.map((
      { event, lease_expires_at, expires_at },
    ) => [event, lease_expires_at ?? expires_at]),
    [["relay", at(90_000)], ["announce", at(90_000)], ["relay", at(91_000)]],
  );
  await controller.close();
});

Deno.test("a heartbeat is answered with the lease that it was given, although another one was heard before it was kept", async () => {
  const { controller, clock, register, told } = await start();
  const answers = [register({ region: "x" })];
  await clock.advance(1000);
  answers.push(register({ region: "y" }));
  await told();
  const ends = (await Promise.all(answers)).map((one) => one.ok && one.value.lease_expires_at);
  assert.deepEqual(ends, [90_000, 91_000].map((end) => new Date(START + end).toISOString()));
  await controller.close();
});

Deno.test("what is said of a relay that came is how many tracks it came with, although it has more since", async () => {
  const { controller, events, register, told } = await start();
  const answers = [register({ announces: ["one"] }), register({ announces: ["one", "two"] })];
  await told();
  await Promise.all(answers);
  const [first] = events.page(undefined, 10).events;
  assert.deepEqual([first?.kind, first?.detail], ["relay_registered", "announces 1"]);
  await controller.close();
});
