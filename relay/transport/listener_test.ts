import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { dial } from "./dial.ts";
import { generateCertificate } from "./generated_certificate.ts";
import { listen } from "./listener.ts";
import type { ListenOptions, RefusedPeer } from "./listen_options.ts";
import { STREAM_WINDOW, UNREAD_CHECK_INTERVAL } from "./limits.ts";
import { openEndpoint } from "./quic_endpoint.ts";
import { dialQuic } from "./quic.ts";
import type { CloseInfo } from "./types.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

const protocols = ["moqt-18"];
const certificate = await generateCertificate(["127.0.0.1"]);
const trust = { serverCertificateHashes: [certificate.hash] };

Deno.test("listen() lets nobody wait for a WebTransport client that says nothing", async () => {
  const refused = Promise.withResolvers<RefusedPeer>();
  const clock = new ManualClock();
  const { listener, port } = start({
    clock,
    handshakeTimeout: 5000,
    onRefused: refused.resolve,
  });
  const silent = await dialQuic({ hostname: "127.0.0.1", port, alpnProtocols: ["h3"], ...trust });
  const quick = await dial(`moqt://127.0.0.1:${port}`, { protocols, ...trust });
  assert.equal((await listener.accept())?.protocol, "moqt-18");
  // The listener has seen the silent one by now, which came first.
  await clock.advance(5000);
  const { kind, reason, peer } = await refused.promise;
  assert.equal(kind, "webtransport");
  assert.match(reason, /the handshake took longer than 5000 ms/);
  assert.match(peer ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal((await silent.closed).by, "peer");
  listener.close(0, "");
  await quick.closed;
});

Deno.test("listen() tells who was refused for their origin", async () => {
  const refused = Promise.withResolvers<RefusedPeer>();
  const { listener, port } = start({
    allowOrigin: (origin) => origin === "https://ours.example",
    onRefused: refused.resolve,
  });
  const url = `https://127.0.0.1:${port}/`;
  const stranger = dial(url, { protocols, ...trust, origin: "https://theirs.example" });
  await assert.rejects(stranger, { kind: "handshake" });
  const { kind, reason, peer } = await refused.promise;
  assert.equal(kind, "webtransport");
  assert.match(reason, /theirs\.example/);
  assert.match(peer ?? "", /^127\.0\.0\.1:\d+$/);
  const friend = await dial(url, { protocols, ...trust, origin: "https://ours.example" });
  const server = await listener.accept();
  listener.close(0, "");
  await Promise.all([friend.closed, server!.closed]);
});

Deno.test("listen() tells who offered nothing that is spoken, whatever it came over", async () => {
  for (const [url, offered] of [["moqt", "QUIC does not report"], ["https", '"h9"']] as const) {
    const refused = Promise.withResolvers<RefusedPeer>();
    const { listener, port } = start({ onRefused: refused.resolve });
    const stranger = dial(`${url}://127.0.0.1:${port}`, { protocols: ["h9"], ...trust });
    await assert.rejects(stranger, { kind: "handshake" });
    const { kind, reason } = await refused.promise;
    assert.equal(kind, "protocol");
    assert.ok(reason.includes(offered) && reason.includes("here is moqt-18"), reason);
    listener.close(0, "");
  }
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

Deno.test("a silent WebTransport client makes room for the next when there are many", async () => {
  const limits: TransportLimit[] = [];
  const { listener, port } = start({
    maxHandshakes: 1,
    onLimit: (limit) => limits.push(limit),
  });
  const silent = await dialQuic({ hostname: "127.0.0.1", port, alpnProtocols: ["h3"], ...trust });
  // Its settings come when QUIC's handshake is behind it on both sides.
  await silent.acceptUni();
  const client = await dial(`https://127.0.0.1:${port}/`, { protocols, ...trust });
  assert.equal((await listener.accept())?.transport, "webtransport");
  const { code, reason } = await silent.closed;
  assert.deepEqual([code, limits], [EXCESSIVE_LOAD, ["webtransport_handshakes"]], reason);
  listener.close(0, "");
  await client.closed;
});

Deno.test("an address may have so many connections, unless it is known", async () => {
  const refused: RefusedPeer[] = [];
  let isKnown = false;
  const { listener, port } = start({
    maxConnectionsPerAddress: 1,
    isKnown: () => isKnown,
    overloadCode: 7,
    onRefused: (refusal) => refused.push(refusal),
  });
  const url = `moqt://127.0.0.1:${port}`;
  const first = await dial(url, { protocols, ...trust });
  const server = await listener.accept();
  const second = await dial(url, { protocols, ...trust });
  assert.deepEqual(await second.closed, {
    code: 7,
    reason: "too many connections from this address",
    by: "peer",
  });
  assert.deepEqual(refused.map(({ kind, reason }) => [kind, reason]), [
    ["address", "too many connections from 127.0.0.1"],
  ]);
  isKnown = true;
  const known = await dial(url, { protocols, ...trust });
  const knownServer = await listener.accept();
  isKnown = false;
  first.close(0, "");
  await server!.closed;
  const next = await dial(url, { protocols, ...trust });
  assert.ok(await listener.accept() !== undefined);
  listener.close(0, "");
  await Promise.all([known.closed, knownServer!.closed, next.closed]);
});

for (const scheme of ["moqt", "https"]) {
  Deno.test(`a peer whose streams nobody keeps up with is closed over ${scheme}`, async () => {
    const limits: TransportLimit[] = [];
    const clock = new ManualClock();
    const { listener, port } = start({
      clock,
      maxUnreadPerConnection: 2 * STREAM_WINDOW,
      overloadCode: 7,
      onLimit: (limit) => limits.push(limit),
    });
    const client = await dial(`${scheme}://127.0.0.1:${port}`, { protocols, ...trust });
    const server = await listener.accept();
    for (let opened = 0; opened < 2; opened++) {
      const { send } = await client.openBidi();
      send.write(new Uint8Array(1_000_000)).catch(() => {});
    }
    let info: CloseInfo | undefined;
    void server!.closed.then((closed) => info = closed);
    // Each turn looks once; what was read ahead since the last one is seen then.
    while (info === undefined) {
      await clock.advance(UNREAD_CHECK_INTERVAL);
      await sleep(systemClock, 1);
    }
    assert.equal(info.overLimit, true);
    assert.deepEqual(limits, ["unread_bytes_per_connection"]);
    const { code, reason } = await client.closed;
    assert.equal(reason, `more than ${2 * STREAM_WINDOW} bytes wait to be read`);
    if (scheme === "moqt") assert.equal(code, 7);
    assert.equal(listener.unreadBytes, 0);
    listener.close(0, "");
  });
}

Deno.test("what waits unread is all there for whoever reads it in the end", async () => {
  const clock = new ManualClock();
  const { listener, port } = start({ clock });
  const client = await dial(`moqt://127.0.0.1:${port}`, { protocols, ...trust });
  const server = await listener.accept();
  const { send } = await client.openBidi();
  const sent = Uint8Array.from({ length: 60_000 }, (_, at) => at * 31 + (at >> 8));
  await send.write(sent);
  await send.finish();
  while (listener.unreadBytes <= STREAM_WINDOW) {
    await clock.advance(UNREAD_CHECK_INTERVAL);
    await sleep(systemClock, 1);
  }
  const { receive } = (await server!.acceptBidi())!;
  const parts: number[] = [];
  for (;;) {
    const part = await receive.read(new Uint8Array(1_000));
    if (part === undefined) break;
    parts.push(...part);
  }
  assert.deepEqual(Uint8Array.from(parts), sent);
  listener.close(0, "");
  await Promise.all([client.closed, server!.closed]);
});

// RFC 9114.
const EXCESSIVE_LOAD = 0x107;

function start(options: Partial<ListenOptions> = {}) {
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols,
    allowOrigin: () => true,
    clock: systemClock,
    ...options,
  });
  return { listener, port: listener.address.port };
}
