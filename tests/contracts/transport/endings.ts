import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import type { Connection } from "../../../relay/transport/mod.ts";
import type { Contract } from "./contract.ts";
import {
  assertFails,
  bidiFrom,
  pattern,
  readAll,
  readSome,
  roundTrip,
  uniFrom,
  watch,
  writeUntilRefused,
} from "./support.ts";

/** Streams and connections that end early. */
export function endingContract(contract: Contract): void {
  contract("reset() never looks like the end of the stream", async (client, server) => {
    const stream = await client.openUni();
    await stream.write(pattern(5));
    const incoming = await uniFrom(server);
    assert.deepEqual(await readSome(incoming), [...pattern(5)]);
    const next = incoming.read(new Uint8Array(10));
    const state = watch(next);
    stream.reset(42);
    if (client.canReset) {
      await assertFails(next, "reset", 42);
      await assertFails(stream.write(pattern(1)), "closed");
    } else {
      await roundTrip(client, server);
      assert(!state.settled, "a stream that cannot be reset came to an end");
      await stream.write(pattern(3));
      assert.deepEqual([...(await next)!], [...pattern(3)]);
    }
  });

  contract(
    "a stream that the peer stopped is reset when it is finished",
    async (client, server) => {
      const stream = await client.openUni();
      await stream.write(pattern(5));
      const incoming = await uniFrom(server);
      await readSome(incoming);
      incoming.stop(33);
      await roundTrip(client, server);
      await stream.finish().catch(() => {});
      // Its place is free again.
      for (let count = 0; count < 600; count++) {
        const another = await client.openUni();
        await another.write(pattern(1));
        (await uniFrom(server)).stop(1);
        await roundTrip(client, server);
        await another.finish().catch(() => {});
      }
    },
  );

  contract(
    "one byte reveals that the peer stopped a stream, an empty write does not",
    async (client, server) => {
      const stream = await client.openUni();
      await stream.write(pattern(5));
      const incoming = await uniFrom(server);
      await readSome(incoming);
      incoming.stop(33);
      await roundTrip(client, server);
      await stream.write(new Uint8Array(0));
      await assertFails(stream.write(pattern(1)), "stopped", client.canReset ? 33 : 0);
    },
  );

  contract("stop() reaches the writer", async (client, server) => {
    const stream = await client.openUni();
    await stream.write(pattern(5));
    const incoming = await uniFrom(server);
    await readSome(incoming);
    incoming.stop(33);
    const error = await writeUntilRefused(stream);
    assert.equal(error.kind, "stopped");
    // Deno 2.9 sends STOP_SENDING with code 0 whatever it is given.
    assert.equal(error.code, client.canReset ? 33 : 0);
    await assertFails(stream.write(pattern(1)), "stopped");
    await assertFails(stream.finish(), "stopped");
  });

  contract("stop() leaves the other half alone", async (client, server) => {
    const mine = await client.openBidi();
    await mine.send.write(pattern(1));
    const theirs = await bidiFrom(server);
    theirs.receive.stop(1);
    assert.equal((await writeUntilRefused(mine.send)).kind, "stopped");
    await theirs.send.write(pattern(9));
    await theirs.send.finish();
    assert.deepEqual(await readAll(mine.receive), pattern(9));
  });

  contract("a stream that was stopped here did not end", async (client, server) => {
    const stream = await client.openUni();
    await stream.write(pattern(5));
    const incoming = await uniFrom(server);
    await readSome(incoming);
    const pending = incoming.read(new Uint8Array(5));
    incoming.stop(1);
    await assertFails(pending, "reset", 0);
    await assertFails(incoming.read(new Uint8Array(5)), "reset", 0);
    incoming.stop(2);
    assert.equal((await writeUntilRefused(stream)).kind, "stopped");
  });

  for (const closer of ["client", "server"] as const) {
    contract(`the ${closer}'s close() reaches the other side`, async (client, server) => {
      const [one, other] = closer === "client" ? [client, server] : [server, client];
      one.close(5, "enough");
      one.close(6, "too late");
      assert.deepEqual(await one.closed, { code: 5, reason: "enough", by: "local" });
      assert.deepEqual(await other.closed, { code: 5, reason: "enough", by: "peer" });
      other.close(8, "too late as well");
      assert.deepEqual(await other.closed, { code: 5, reason: "enough", by: "peer" });
    });
  }

  contract("close() without a reason is told by whom it is", async (client, server) => {
    server.close(0, "");
    assert.deepEqual(await client.closed, { code: 0, reason: "", by: "peer" });
    assert.deepEqual(await server.closed, { code: 0, reason: "", by: "local" });
  });

  contract("a close ends all that waits", async (client, server) => {
    const mine = await client.openBidi();
    await mine.send.write(pattern(1));
    const theirs = await bidiFrom(server);
    await readSome(theirs.receive);
    const waits = [client.acceptBidi(), server.acceptUni(), client.receiveDatagram()];
    const reading = assertFails(theirs.receive.read(new Uint8Array(1)), "closed");
    const readingHere = assertFails(mine.receive.read(new Uint8Array(1)), "closed");
    const stuck = await server.openUni();
    const writing = assertFails(stuck.write(new Uint8Array(4 * 1024 * 1024)), "closed");
    client.close(9, "over");
    assert.deepEqual(await Promise.all(waits), [undefined, undefined, undefined]);
    await Promise.all([reading, readingHere, writing]);
  });

  contract("a connection that ended says so and nothing more", async (client, server) => {
    const mine = await client.openBidi();
    await mine.send.write(pattern(1));
    const theirs = await bidiFrom(server);
    await readSome(theirs.receive);
    client.close(9, "over");
    await Promise.all([client.closed, server.closed]);
    for (const end of [client, server]) {
      assert.equal(await end.acceptUni(), undefined);
      assert.equal(await end.acceptBidi(), undefined);
      assert.equal(await end.receiveDatagram(), undefined);
      assert.equal(end.sendDatagram(pattern(10)), false);
      await assertFails(end.openUni(), "closed");
      await assertFails(end.openBidi(), "closed");
      end.drain();
    }
    for (const stream of [mine, theirs]) {
      await assertFails(stream.receive.read(new Uint8Array(9)), "closed");
      await assertFails(stream.send.write(pattern(1)), "closed");
      await assertFails(stream.send.finish(), "closed");
      stream.receive.stop(1);
      stream.send.reset(1);
      stream.send.priority = 3;
    }
  });

  contract("an open stream is no garbage", async (client, server) => {
    await forgetStream(client);
    const incoming = await uniFrom(server);
    await readSome(incoming);
    const state = watch(incoming.read(new Uint8Array(1)));
    const collect = exposeGarbageCollector();
    for (let turn = 0; turn < 5; turn++) {
      collect();
      await roundTrip(client, server);
    }
    assert(!state.settled, "the stream ended although nobody ended it");
  });
}

/** Leaves a stream open that nothing of the test refers to. */
async function forgetStream(connection: Connection): Promise<void> {
  await (await connection.openUni()).write(pattern(5));
}

function exposeGarbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
