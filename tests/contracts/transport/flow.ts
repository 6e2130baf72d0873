import assert from "node:assert/strict";
import type { Contract } from "./contract.ts";
import { bidiFrom, pattern, readAll, roundTrip, send, uniFrom, watch } from "./support.ts";

/** Waiting: for readers and for stream credit. */
export function flowContract(contract: Contract): void {
  contract("a writer waits for a slow reader, and megabytes arrive whole", async (...ends) => {
    for (const [from, to] of [ends, ends.toReversed()] as const) {
      const total = 4 * 1024 * 1024;
      const stream = await from!.openUni();
      const written = (async () => {
        const bytes = pattern(total);
        for (let at = 0; at < total; at += 65_536) {
          await stream.write(bytes.subarray(at, at + 65_536));
        }
        await stream.finish();
      })();
      const all = watch(written);
      const incoming = await uniFrom(to!);
      await roundTrip(from!, to!);
      assert(!all.settled, "four megabytes went without a reader");
      assert.deepEqual(hash(await readAll(incoming)), hash(pattern(total)));
      await written;
    }
  });

  contract("one stream that nobody reads holds up no other", async (client, server) => {
    const stuck = await client.openUni();
    const blocked = stuck.write(new Uint8Array(4 * 1024 * 1024));
    const unread = await uniFrom(server);
    const waiting = watch(blocked);
    await send(await client.openUni(), pattern(200_000));
    assert.deepEqual((await readAll(await uniFrom(server))).length, 200_000);
    assert(!waiting.settled);
    const rest = readAll(unread);
    await blocked;
    await stuck.finish();
    assert.equal((await rest).length, 4 * 1024 * 1024);
  });

  contract("openUni() waits for credit and goes on when it comes", async (client, server) => {
    let open = 0;
    const mayFinish = Promise.withResolvers<void>();
    const sent = Array.from({ length: 20 }, async (_, at) => {
      const stream = await client.openUni();
      open++;
      await stream.write(Uint8Array.of(at));
      await mayFinish.promise;
      await stream.finish();
    });
    await roundTrip(client, server);
    assert(open > 0 && open <= 8, `${open} streams were opened where 8 are allowed`);
    mayFinish.resolve();
    const seen: number[] = [];
    for (let count = 0; count < 20; count++) seen.push(...await readAll(await uniFrom(server)));
    await Promise.all(sent);
    assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, at) => at));
  }, { maxUniStreams: 8 });

  contract("openBidi() waits for credit until both halves are over", async (client, server) => {
    const opened = Array.from({ length: 12 }, async () => {
      const stream = await client.openBidi();
      await send(stream.send, Uint8Array.of(1));
      await readAll(stream.receive);
    });
    const all = watch(Promise.all(opened));
    const halves = [];
    for (let count = 0; count < 4; count++) {
      const stream = await bidiFrom(server);
      await readAll(stream.receive);
      halves.push(stream);
    }
    await send(await client.openUni(), Uint8Array.of(1));
    await readAll(await uniFrom(server));
    assert(!all.settled);
    for (const stream of halves) await stream.send.finish();
    for (let count = 4; count < 12; count++) {
      const stream = await bidiFrom(server);
      await readAll(stream.receive);
      await stream.send.finish();
    }
    await Promise.all(opened);
  }, { maxBidiStreams: 6 });
}

/** FNV-1a: megabytes compare in one number, where a deep comparison takes seconds. */
function hash(bytes: Uint8Array): [length: number, sum: number] {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return [bytes.length, sum];
}
