import assert from "node:assert/strict";
import { URGENT } from "../../../relay/transport/mod.ts";
import type { Contract } from "./contract.ts";
import { assertFails, bidiFrom, pattern, readAll, readSome, send, uniFrom } from "./support.ts";

/** Streams that nothing disturbs. */
export function streamContract(contract: Contract): void {
  contract("both sides agree on the protocol", (client, server) => {
    assert.equal(client.protocol, server.protocol);
    assert.notEqual(server.protocol, "");
    assert.equal(client.transport, server.transport);
    assert.equal(client.path, server.path);
    assert.equal(client.authority, server.authority);
    assert.notEqual(server.remoteAddress, "");
    return Promise.resolve();
  });

  contract("a unidirectional stream goes either way", async (client, server) => {
    for (const [from, to] of [[client, server], [server, client]] as const) {
      await send(await from.openUni(), pattern(1000));
      assert.deepEqual(await readAll(await uniFrom(to)), pattern(1000));
    }
  });

  contract("a bidirectional stream goes both ways, and each half ends alone", async (...ends) => {
    for (const [from, to] of [ends, ends.toReversed()] as const) {
      const mine = await from!.openBidi();
      await send(mine.send, pattern(500, 1));
      const theirs = await bidiFrom(to!);
      assert.equal(theirs.id, mine.id);
      assert.deepEqual(await readAll(theirs.receive), pattern(500, 1));
      await theirs.send.write(pattern(10, 2));
      assert.deepEqual(await readSome(mine.receive), [...pattern(10, 2)]);
      await theirs.send.finish();
      assert.deepEqual(await readAll(mine.receive), new Uint8Array());
    }
  });

  contract("streams are numbered by who opened them, in order", async (client, server) => {
    const first = await client.openBidi();
    const second = await client.openBidi();
    const answer = await server.openBidi();
    assert.equal(second.id - first.id, 4n);
    assert.equal(first.id & 3n, 0n);
    assert.equal(answer.id & 3n, 1n);
  });

  contract("an empty stream arrives and ends", async (client, server) => {
    await (await client.openUni()).finish();
    assert.equal(await (await uniFrom(server)).read(new Uint8Array(1)), undefined);
    const mine = await server.openBidi();
    await mine.send.finish();
    const theirs = await bidiFrom(client);
    assert.equal(await theirs.receive.read(new Uint8Array(1)), undefined);
    await theirs.send.finish();
    assert.equal(await mine.receive.read(new Uint8Array(1)), undefined);
  });

  contract("a stream at its end stays there", async (client, server) => {
    await send(await client.openUni(), pattern(3));
    const stream = await uniFrom(server);
    await readAll(stream);
    assert.equal(await stream.read(new Uint8Array(1)), undefined);
    assert.equal(await stream.read(new Uint8Array(1)), undefined);
  });

  contract("read() fills the memory it is given, where it is given", async (client, server) => {
    await send(await client.openUni(), pattern(6));
    const stream = await uniFrom(server);
    const memory = new Uint8Array(16).fill(0xee);
    const part = await stream.read(memory.subarray(4, 8));
    assert(part !== undefined);
    assert.deepEqual(part, pattern(4));
    assert.equal(part.byteOffset, 4);
    const whole = new Uint8Array(part.buffer);
    assert.equal(whole.length, 16);
    assert.deepEqual([...whole.subarray(0, 4), ...whole.subarray(8)], Array(12).fill(0xee));
    assert.deepEqual(await readAll(stream), pattern(6).subarray(4));
  });

  contract("writes keep their order though nobody waits between them", async (client, server) => {
    const stream = await client.openUni();
    const writes: Promise<void>[] = [];
    for (let at = 0; at < 100; at++) writes.push(stream.write(Uint8Array.of(at)));
    writes.push(stream.write(new Uint8Array()), stream.finish());
    const read = await readAll(await uniFrom(server));
    await Promise.all(writes);
    assert.deepEqual(read, Uint8Array.from({ length: 100 }, (_, at) => at));
  });

  contract("many streams at once arrive whole", async (client, server) => {
    const count = 300;
    const sent = Array.from({ length: count }, async (_, at) => {
      await send(await client.openUni(), pattern(200 + at, at));
    });
    const lengths = new Set<number>();
    const read = Array.from({ length: count }, async () => {
      const bytes = await readAll(await uniFrom(server));
      assert.deepEqual(bytes, pattern(bytes.length, bytes.length - 200));
      lengths.add(bytes.length);
    });
    await Promise.all([...sent, ...read]);
    assert.equal(lengths.size, count);
  });

  contract("a stream has a priority, which may change while it lives", async (client) => {
    const stream = await client.openUni();
    assert.equal(stream.priority, 0);
    for (const priority of [URGENT, -(2 ** 31), 7]) {
      stream.priority = priority;
      assert.equal(stream.priority, priority);
      await stream.write(pattern(10));
    }
    await stream.finish();
    stream.priority = 1;
  });

  contract("nothing is written after finish()", async (client, server) => {
    const stream = await client.openUni();
    await send(stream, pattern(2));
    await assertFails(stream.write(pattern(1)), "closed");
    await assertFails(stream.finish(), "closed");
    stream.reset(9);
    assert.deepEqual(await readAll(await uniFrom(server)), pattern(2));
  });
}
