import assert from "node:assert/strict";
import { memoryPair } from "./memory_connection.ts";
import { ManualClock } from "../worlds/manual_clock.ts";

Deno.test("a stopped stream counts as open until something is written or it is finished, as in Deno", async () => {
  for (const letGo of ["write", "finish"] as const) {
    const [client, server] = memoryPair({ canReset: false, maxUniStreams: 1 });
    const stream = await client.openUni();
    await stream.write(Uint8Array.of(1));
    (await server.acceptUni())!.stop(1);
    let opened = false;
    const next = client.openUni().then(() => opened = true);
    await stream.write(new Uint8Array(0));
    await Promise.resolve();
    assert.equal(opened, false);
    if (letGo === "finish") await stream.finish();
    else await assert.rejects(stream.write(Uint8Array.of(2)), { kind: "stopped", code: 0 });
    await next;
  }
});

Deno.test("everything arrives late by the latency, and over a frozen line once it thaws", async () => {
  const clock = new ManualClock();
  const [client, server] = memoryPair({ clock, latency: 10 });
  const seen: string[] = [];
  const see = (what: string) => seen.push(`${what} at ${clock.now()}`);
  const follow = async (end: string, connection: typeof client) => {
    const stream = await connection.acceptUni();
    see(`${end} reads ${await stream?.read(new Uint8Array(1))}`);
    see(`${end} gets ${await connection.receiveDatagram()}`);
    see(`${end} is closed by ${(await connection.closed).by}`);
  };
  void follow("server", server);
  void follow("client", client);
  await (await client.openUni()).write(Uint8Array.of(1));
  client.sendDatagram(Uint8Array.of(2));
  await clock.advance(9);
  assert.deepEqual(seen.splice(0), []);
  await clock.advance(1);
  assert.deepEqual(seen.splice(0), ["server reads 1 at 10", "server gets 2 at 10"]);

  await (await server.openUni()).write(Uint8Array.of(3));
  server.freeze();
  server.sendDatagram(Uint8Array.of(4));
  await clock.advance(1_000);
  assert.deepEqual(seen.splice(0), []);
  client.thaw();
  await clock.advance(0);
  assert.deepEqual(seen.splice(0), ["client reads 3 at 1010", "client gets 4 at 1010"]);

  client.close(1, "");
  await clock.advance(9);
  assert.deepEqual(seen.splice(0), ["client is closed by local at 1010"]);
  client.freeze();
  await clock.advance(1_000);
  assert.deepEqual(seen.splice(0), []);
  server.thaw();
  await clock.advance(0);
  assert.deepEqual(seen.splice(0), ["server is closed by peer at 2019"]);
});
