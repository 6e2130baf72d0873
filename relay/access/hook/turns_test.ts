import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("some run at once, some wait in their order, and who comes then is turned away", async () => {
  const turns = new Turns({ atOnce: 2, waiting: 2 });
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const runs = [0, 1, 2, 3, 4].map((at) =>
    turns.run(async () => {
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
  assert.equal(await turns.run(() => Promise.resolve(5)), 5);
});
