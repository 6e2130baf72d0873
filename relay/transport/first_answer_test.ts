import assert from "node:assert/strict";
import { TransportError } from "./errors.ts";
import { firstAnswer } from "./first_answer.ts";
import type { Connection } from "./types.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryPair } from "../../tests/support/transport/memory_connection.ts";

Deno.test("firstAnswer() asks nobody else when the first answers", async () => {
  const { answer, calls, clock } = start(["a", "b"]);
  const [connection] = memoryPair();
  calls.get("a")!.resolve(connection);
  assert.equal(await answer, connection);
  assert.deepEqual([...calls.keys()], ["a"]);
  assert.equal(clock.pending, 0);
});

Deno.test("firstAnswer() calls the next when one hesitates, and hangs up on the late", async () => {
  const { answer, calls, clock } = start(["a", "b", "c"]);
  await clock.advance(249);
  assert.deepEqual([...calls.keys()], ["a"]);
  await clock.advance(1);
  assert.deepEqual([...calls.keys()], ["a", "b"]);
  const [late] = memoryPair();
  const [first] = memoryPair();
  calls.get("b")!.resolve(first);
  assert.equal(await answer, first);
  calls.get("a")!.resolve(late);
  assert.equal((await late.closed).by, "local");
  await clock.advance(1000);
  assert.equal(calls.size, 2);
});

Deno.test("firstAnswer() calls the next at once when one fails", async () => {
  const { answer, calls, clock } = start(["a", "b"]);
  calls.get("a")!.reject(new Error("refused"));
  await clock.advance(0);
  const [connection] = memoryPair();
  calls.get("b")!.resolve(connection);
  assert.equal(await answer, connection);
});

Deno.test("firstAnswer() fails when the last call has failed", async () => {
  const { answer, calls, clock } = start(["a", "b"]);
  await clock.advance(250);
  calls.get("b")!.reject(new Error("refused by b"));
  await clock.advance(0);
  calls.get("a")!.reject(new Error("refused by a"));
  await assert.rejects(answer, new TransportError("handshake", 0, "refused by a"));
  assert.equal(clock.pending, 0);
});

function start(addresses: readonly string[]) {
  const clock = new ManualClock();
  const calls = new Map<string, PromiseWithResolvers<Connection>>();
  const answer = firstAnswer(addresses, (address) => {
    const call = Promise.withResolvers<Connection>();
    calls.set(address, call);
    return call.promise;
  }, clock);
  return { answer, calls, clock };
}
