import assert from "node:assert/strict";
import { ManualClock, systemClock } from "@qumo/shared/runtime";
import { dial } from "./dial.ts";
import { generateCertificate } from "./generated_certificate.ts";
import { listen, type ListenOptions } from "./listener.ts";
import { dialQuic } from "./quic.ts";

const protocols = ["moqt-18"];
const certificate = await generateCertificate(["127.0.0.1"]);
const trust = { serverCertificateHashes: [certificate.hash] };

Deno.test("listen() lets nobody wait for a WebTransport client that says nothing", async () => {
  const refused = Promise.withResolvers<[string, string | undefined]>();
  const clock = new ManualClock();
  const { listener, port } = start({
    clock,
    handshakeTimeout: 5000,
    onRefused: (...what) => refused.resolve(what),
  });
  const silent = await dialQuic({ hostname: "127.0.0.1", port, alpnProtocols: ["h3"], ...trust });
  const quick = await dial(`moqt://127.0.0.1:${port}`, { protocols, ...trust });
  assert.equal((await listener.accept())?.protocol, "moqt-18");
  // The listener has seen the silent one by now, which came first.
  await clock.advance(5000);
  const [reason, address] = await refused.promise;
  assert.match(reason, /the handshake took longer than 5000 ms/);
  assert.match(address ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal((await silent.closed).by, "peer");
  listener.close(0, "");
  await quick.closed;
});

Deno.test("listen() tells who was refused for their origin", async () => {
  const refused = Promise.withResolvers<[string, string | undefined]>();
  const { listener, port } = start({
    allowOrigin: (origin) => origin === "https://ours.example",
    onRefused: (...what) => refused.resolve(what),
  });
  const url = `https://127.0.0.1:${port}/`;
  const stranger = dial(url, { protocols, ...trust, origin: "https://theirs.example" });
  await assert.rejects(stranger, { kind: "handshake" });
  const [reason, address] = await refused.promise;
  assert.match(reason, /theirs\.example/);
  assert.match(address ?? "", /^127\.0\.0\.1:\d+$/);
  const friend = await dial(url, { protocols, ...trust, origin: "https://ours.example" });
  const server = await listener.accept();
  listener.close(0, "");
  await Promise.all([friend.closed, server!.closed]);
});

Deno.test("close() ends every connection with its code, whatever it runs over", async () => {
  const { listener, port } = start();
  const raw = await dial(`moqt://127.0.0.1:${port}`, { protocols, ...trust });
  const web = await dial(`https://127.0.0.1:${port}/`, { protocols, ...trust });
  await listener.accept();
  await listener.accept();
  const waiting = listener.accept();
  listener.close(3, "going away");
  assert.equal(await waiting, undefined);
  assert.equal(await listener.accept(), undefined);
  for (const end of [raw, web]) {
    assert.deepEqual(await end.closed, { code: 3, reason: "going away", by: "peer" });
  }
});

Deno.test("useCertificate() is for those who come later, over WebTransport too", async () => {
  const { listener, port } = start();
  const url = `https://127.0.0.1:${port}/`;
  const before = await dial(url, { protocols, ...trust });
  const next = await generateCertificate(["127.0.0.1"]);
  listener.useCertificate(next);
  await assert.rejects(dial(url, { protocols, ...trust }), { kind: "handshake" });
  const after = await dial(url, { protocols, serverCertificateHashes: [next.hash] });
  const stream = await before.openUni();
  await stream.write(new Uint8Array(1));
  const server = await listener.accept();
  assert.equal((await (await server!.acceptUni())!.read(new Uint8Array(9)))?.length, 1);
  listener.close(0, "");
  await Promise.all([before.closed, after.closed, server!.closed]);
});

function start(options: Partial<ListenOptions> = {}) {
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    certificate,
    protocols,
    allowOrigin: () => true,
    clock: systemClock,
    ...options,
  });
  return { listener, port: listener.address.port };
}
