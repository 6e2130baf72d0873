import assert from "node:assert/strict";
import { joinBytes, systemClock } from "@qumo/shared/runtime";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { SEED } from "../../tests/support/properties.ts";
import { until } from "../../tests/support/until.ts";
import { HEAD_TIMEOUT_MS, LOOK_MS } from "./limits.ts";
import { listenHttp } from "./listener.ts";
import { HttpMetrics } from "./metrics.ts";

const [certificate, renewed] = [
  await makeCertificate(),
  await makeCertificate(),
];

/** A port that answers with the address of whoever asks. */
function listen(clock = systemClock) {
  const metrics = new HttpMetrics();
  const listener = listenHttp({
    hostname: "127.0.0.1",
    port: 0,
    detectedCertificate: certificate,
    handle: (_request, client) => new Response(client),
    metrics,
    clock,
    log: memoryLog().log,
  });
  return { listener, metrics, [Symbol.asyncDispose]: () => listener.close(0) };
}

async function get(url: string, caCert?: string): Promise<string> {
  using client = Deno.createHttpClient({
    poolMaxIdlePerHost: 0,
    ...(caCert !== undefined && { caCerts: [caCert] }),
  });
  return await (await fetch(url, { client })).text();
}

Deno.test("a port speaks TLS with who begins with it, and both have the client's address", async () => {
  await using server = listen();
  const { port } = server.listener;
  assert.equal(await get(`http://127.0.0.1:${port}/`), "127.0.0.1");
  assert.equal(await get(`https://localhost:${port}/`, certificate.certificate), "127.0.0.1");
});

Deno.test("new connections over TLS have the new certificate", async () => {
  await using server = listen();
  const url = `https://localhost:${server.listener.port}/`;
  assert.equal(await get(url, certificate.certificate), "127.0.0.1");
  server.listener.useCertificate(renewed);
  assert.equal(await get(url, renewed.certificate), "127.0.0.1");
  await assert.rejects(get(url, certificate.certificate));
});

Deno.test("whatever a handshake begins with, nothing else ends than its connection", async () => {
  await using server = listen();
  const { port } = server.listener;
  const random = seededBytes();
  const play = async (bytes: Uint8Array, isCut: boolean) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(bytes);
    if (isCut) return conn.close();
    await conn.closeWrite();
    while (await conn.read(new Uint8Array(4096)).catch(() => null) !== null);
    conn.close();
  };
  for (let round = 0; round < 100; round++) {
    const length = random(2)[0]! % 200;
    const body = random(length);
    const header = Uint8Array.of(0x16, 3, round % 5, 0, round % 3 === 0 ? length : 255);
    const pieces = round % 2 === 0
      ? joinBytes([header, body])
      : joinBytes([Uint8Array.of(0x16), body]);
    await play(pieces, round % 7 === 0);
  }
  const hello = await clientHello();
  for (let length = 1; length < hello.length; length += 9) {
    await play(hello.subarray(0, length), length % 2 === 0);
    const changed = hello.slice();
    changed[length]! ^= 0xff;
    await play(changed, length % 2 === 1);
  }
  assert.equal(await get(`https://localhost:${port}/`, certificate.certificate), "127.0.0.1");
});

/** What a client begins with. */
async function clientHello(): Promise<Uint8Array> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dialing = Deno.connectTls({ hostname: "127.0.0.1", port: listener.addr.port }).then(
    (conn) => conn.close(),
    () => {},
  );
  const conn = await listener.accept();
  const bytes = new Uint8Array(4096);
  const count = await conn.read(bytes) ?? 0;
  conn.close();
  listener.close();
  await dialing;
  return bytes.subarray(0, count);
}

function seededBytes(): (length: number) => Uint8Array {
  let state = SEED;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    });
}

Deno.test("a handshake that is none ends, and so does one that never does", async () => {
  const clock = new ManualClock();
  await using server = listen(clock);
  const { port } = server.listener;
  const garbage = await Deno.connect({ hostname: "127.0.0.1", port });
  await garbage.write(Uint8Array.fromHex("1603010005deadbeef00"));
  while (await garbage.read(new Uint8Array(100)) !== null);
  garbage.close();
  const silent = await Deno.connect({ hostname: "127.0.0.1", port });
  await silent.write(Uint8Array.of(0x16));
  const ended = (async () => {
    while (await silent.read(new Uint8Array(100)) !== null);
  })();
  await until("the head's time-out", async () => {
    await clock.advance(LOOK_MS);
    return server.metrics.drops.head_timeout === 1;
  });
  assert.ok(clock.now() >= HEAD_TIMEOUT_MS);
  await ended;
  silent.close();
  await until("both to be gone", () => server.metrics.connections === 0);
});
