import assert from "node:assert/strict";
import { EtcdQueues } from "./etcd_queues.ts";
import { StoreConflict } from "./types.ts";

function lines(limit = 8) {
  const told: string[] = [];
  const made = new EtcdQueues(limit, {
    onLost: (relay) => told.push(`lost ${relay}`),
    onIdle: (relay) => told.push(`idle ${relay}`),
  });
  const write = (relay: string, what: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const written = made.enqueue(relay, () => {
      told.push(`write ${what}`);
      return promise;
    });
    written.catch(() => {});
    return { written, resolve, reject };
  };
  return { made, told, write };
}

/** Lets everything run that is ready. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("EtcdQueues writes one after the other for one relay, and side by side for two", async () => {
  const { made, told, write } = lines();
  const first = write("a", "a1");
  const second = write("a", "a2");
  const other = write("b", "b1");
  await settle();
  assert.deepEqual(told, ["write a1", "write b1"]);
  assert.ok(made.isBusy("a"));
  first.resolve();
  await first.written;
  await settle();
  assert.deepEqual(told.slice(2), ["write a2"]);
  second.resolve();
  other.resolve();
  await made.settled();
  assert.deepEqual(told.slice(3).sort(), ["idle a", "idle b"]);
  assert.equal(made.isBusy("a"), false);
});

Deno.test("EtcdQueues lets what was built on a lost write be lost, and what comes after be written", async () => {
  const { made, told, write } = lines();
  const lost = write("a", "a1");
  const behind = write("a", "a2");
  await settle();
  lost.reject(new Error("no quorum"));
  await assert.rejects(lost.written, /no quorum/);
  const after = write("a", "a3");
  await assert.rejects(behind.written, StoreConflict);
  after.resolve();
  await after.written;
  await made.settled();
  const writes = told.filter((one) => one !== "idle a");
  assert.deepEqual(writes, ["write a1", "lost a", "write a3"]);
});

Deno.test("EtcdQueues runs no more writes at once than it is told", async () => {
  const { made, told, write } = lines(2);
  const writes = ["a", "b", "c", "d"].map((relay) => write(relay, relay));
  await settle();
  assert.deepEqual(told, ["write a", "write b"]);
  writes[0]?.reject(new Error("not this one"));
  await settle();
  assert.deepEqual(told.slice(2).sort(), ["idle a", "lost a", "write c"]);
  for (const { resolve } of writes) resolve();
  await made.settled();
  assert.ok(told.includes("write d"));
});
