import assert from "node:assert/strict";
import { memoryPair } from "./memory_connection.ts";
import { ManualClock } from "../worlds/manual_clock.ts";

Deno.test("latency delays every way of speaking by the clock", async () => {
  const clock = new ManualClock();
  const [client, server] = memoryPair({ clock, latency: 10 });
  const seen: string[] = [];
  const stream = await client.openUni();
  await stream.write(Uint8Array.of(1));
  client.sendDatagram(Uint8Array.of(2));
  void server.receiveDatagram().then(() => seen.push(`datagram ${clock.now()}`));
  void server.acceptUni().then(async (incoming) => {
    await incoming!.read(new Uint8Array(1));
    seen.push(`byte ${clock.now()}`);
  });
  await clock.advance(9);
  assert.equal(seen.length, 0);
  await clock.advance(1);
  assert.deepEqual(seen.toSorted(), ["byte 10", "datagram 10"]);
  client.close(1, "");
  void server.closed.then(() => seen.push(`close ${clock.now()}`));
  await clock.advance(10);
  assert.equal(seen.at(-1), "close 20");
});

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

Deno.test("a frozen line brings nothing and tells nobody, until it thaws", async () => {
  const clock = new ManualClock();
  const [client, server] = memoryPair({ clock, latency: 10 });
  const seen: string[] = [];
  const follow = async (end: string, connection: typeof client) => {
    const stream = await connection.acceptUni();
    const bytes = await stream?.read(new Uint8Array(1));
    seen.push(`${end}: ${bytes}`);
    seen.push(`${end}: closed by ${(await connection.closed).by}`);
  };
  void follow("server", server);
  void follow("client", client);
  await (await client.openUni()).write(Uint8Array.of(1));
  client.freeze();
  await (await server.openUni()).write(Uint8Array.of(2));
  client.sendDatagram(Uint8Array.of(3));
  await clock.advance(1_000);
  assert.deepEqual(seen, []);

  server.thaw();
  await clock.advance(0);
  assert.deepEqual(seen.toSorted(), ["client: 2", "server: 1"]);
  assert.deepEqual(await server.receiveDatagram(), Uint8Array.of(3));

  server.freeze();
  client.close(1, "");
  await clock.advance(1_000);
  assert.deepEqual(seen.slice(2), ["client: closed by local"]);
  client.thaw();
  await clock.advance(0);
  assert.deepEqual(seen.slice(3), ["server: closed by peer"]);
});
