import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { Connection } from "./connection.ts";
import { MIN_READ_BYTES } from "./limits.ts";

/** A connection whose client reads so many bytes when it is told to. */
function world() {
  const clock = new ManualClock();
  const reads: ((bytes: number) => void)[] = [];
  const raw = {
    read: () => new Promise<null>(() => {}),
    write: (bytes: Uint8Array) =>
      new Promise<number>((resolve) => {
        reads.push((count) => resolve(Math.min(count, bytes.length)));
      }),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const connection = new Connection(raw, { address: "a", port: 1, encrypted: false, clock });
  return {
    clock,
    connection,
    async read(bytes: number): Promise<void> {
      while (reads.length === 0) await clock.advance(0);
      reads.shift()!(bytes);
      await clock.advance(0);
    },
  };
}

Deno.test("a client that reads a little from time to time stalls all the same", async () => {
  const { clock, connection, read } = world();
  connection.write(new Uint8Array(1_000_000));
  for (let time = 0; time < 10; time++) {
    await read(1_000);
    await clock.advance(1_000);
  }
  assert.equal(connection.stalled, 10_000);
  await read(MIN_READ_BYTES);
  assert.equal(connection.stalled, 0);
  await clock.advance(500);
  assert.equal(connection.stalled, 500);
});

Deno.test("a client that has read everything stalls no more, and each answer has its own time", async () => {
  const { clock, connection, read } = world();
  connection.write(new Uint8Array(100));
  await clock.advance(1_000);
  assert.equal(connection.stalled, 1_000);
  await read(100);
  assert.equal(connection.stalled, 0);
  await clock.advance(1_000);
  connection.write(new Uint8Array(100));
  await clock.advance(10);
  assert.equal(connection.stalled, 10);
});
