import assert from "node:assert/strict";
import { UNREAD_CHECK_INTERVAL } from "./limits.ts";
import type { CloseInfo } from "./types.ts";
import { UnreadBudget } from "./unread_budget.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("a connection with more than one may have is given up, once", async () => {
  const { budget, clock, limits } = world();
  const [modest, greedy] = [new FakeConnection(10), new FakeConnection(11)];
  for (const connection of [modest, greedy]) budget.watch(connection);
  await clock.advance(3 * UNREAD_CHECK_INTERVAL);
  assert.deepEqual([modest.reasons, greedy.reasons], [[], ["more than 10 bytes wait to be read"]]);
  assert.deepEqual(limits, ["unread_bytes_per_connection"]);
  assert.equal(budget.bytes, 10);
});

Deno.test("when all together have too much, those with the most are given up", async () => {
  const { budget, clock, limits } = world();
  const connections = [8, 9, 7, 6].map((bytes) => new FakeConnection(bytes));
  for (const connection of connections) budget.watch(connection);
  await clock.advance(UNREAD_CHECK_INTERVAL);
  assert.deepEqual(connections.map(({ reasons }) => reasons.length), [1, 1, 0, 0]);
  assert.deepEqual(limits, ["unread_bytes", "unread_bytes"]);
  assert.equal(budget.bytes, 13);
});

Deno.test("nothing is looked at when nobody is there", async () => {
  const { budget, clock } = world();
  const connection = new FakeConnection(5);
  budget.watch(connection);
  await clock.advance(UNREAD_CHECK_INTERVAL);
  connection.end();
  await clock.advance(0);
  assert.deepEqual([clock.pending, budget.bytes], [0, 0]);
});

function world() {
  const clock = new ManualClock();
  const limits: TransportLimit[] = [];
  const onLimit = (limit: TransportLimit) => void limits.push(limit);
  const budget = new UnreadBudget({ perConnection: 10, inAll: 20, clock, onLimit });
  return { budget, clock, limits };
}

class FakeConnection {
  readonly reasons: string[] = [];
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly closed = this.#closed.promise;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  unread(): number {
    return this.#bytes;
  }

  giveUp(reason: string): void {
    this.reasons.push(reason);
  }

  end(): void {
    this.#closed.resolve({ code: 0, reason: "", by: "peer" });
  }
}
