import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("some run at once, some wait in their order, and who comes then is turned away", async () => {
  const turns = new Turns({ atOnce: 2, waiting: 2, waitingPerKey: 2 });
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const runs = [0, 1, 2, 3, 4].map((at) =>
    turns.run("one", async () => {
      begun.push(at);
      await gates[at]?.promise;
      return at;
    })
  );
  assert.equal(await runs[4], undefined);
  assert.deepEqual(begun, [0, 1]);
  gates[1]!.resolve();
  assert.equal(await runs[1], 1);
  assert.deepEqual(begun, [0, 1, 2]);
  gates[2]!.reject(new Error("failed"));
  await assert.rejects(runs[2]!);
  gates.forEach(({ resolve }) => resolve());
  assert.deepEqual([await runs[0], await runs[3]], [0, 3]);
  assert.equal(await turns.run("one", () => Promise.resolve(5)), 5);
});

Deno.test("those of different keys come in turns, and one key has not all places", async () => {
  const turns = new Turns({ atOnce: 1, waiting: 5, waitingPerKey: 3 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const run = (key: string, name: string) =>
    turns.run(key, async () => {
      begun.push(name);
      await promise;
      return name;
    });
  const runs = ["a1", "a2", "a3", "a4", "a5", "b1", "c1", "d1"].map((name) => run(name[0]!, name));
  resolve();
  const done = await Promise.all(runs);
  assert.deepEqual(begun, ["a1", "a2", "b1", "c1", "a3", "a4"]);
  assert.deepEqual(done.map((name) => name === undefined), [0, 0, 0, 0, 1, 0, 0, 1].map(Boolean));
});
