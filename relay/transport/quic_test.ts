import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import type { Clock } from "@qumo/shared/runtime";
import { generateCertificate } from "./generated_certificate.ts";
import { dialQuic } from "./quic.ts";
import { openEndpoint } from "./quic_endpoint.ts";
import { NoCommonProtocol } from "./errors.ts";
import { listenQuic, type QuicListenOptions } from "./quic_listener.ts";
import type { CertificatePair } from "./types.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

const certificate = await generateCertificate(["localhost"]);

Deno.test("listenQuic() yields every protocol of the port, h3 too", async () => {
  const { listener, call } = start();
  for (const protocol of ["moqt-18", "h3"]) {
    const client = await call({ alpnProtocols: [protocol] });
    const server = await listener.accept();
    assert.deepEqual([client.protocol, server!.protocol], [protocol, protocol]);
    assert.match(server!.remoteAddress, /^127\.0\.0\.1:\d+$/);
    assert.equal(client.remoteAddress, `127.0.0.1:${listener.address.port}`);
  }
  listener.close(0, "");
});

Deno.test("listenQuic() takes the server's order when the client offers several", async () => {
  const { listener, call } = start();
  const client = await call({ alpnProtocols: ["h3", "moqt-18"] });
  assert.equal(client.protocol, "moqt-18");
  listener.close(0, "");
  await client.closed;
});

Deno.test("openEndpoint() fails on a taken port", () => {
  const endpoint = openEndpoint("127.0.0.1", 0);
  const failure = { name: "TransportError", kind: "handshake" };
  assert.throws(() => openEndpoint("127.0.0.1", endpoint.addr.port), failure);
  endpoint.close();
});

Deno.test("listenQuic() fails on a bad certificate", () => {
  const certificate = { certificate: "?", key: "?" };
  assert.throws(() => start({ certificate }), { name: "TransportError", kind: "handshake" });
});

Deno.test("no common protocol is told to both sides", async () => {
  const refused = Promise.withResolvers<Error>();
  const { listener, call } = start({ onRefused: (error) => refused.resolve(error) });
  await assert.rejects(call({ alpnProtocols: ["other"] }), { kind: "handshake" });
  const error = await refused.promise;
  assert.ok(error instanceof NoCommonProtocol);
  assert.match(error.message, /^no common protocol: .* here is moqt-18/);
  listener.close(0, "");
});

Deno.test("useCertificate() is for new handshakes and survives a garbage collection", async () => {
  const { listener, call } = start();
  const before = await call();
  const server = await listener.accept();
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let turn = 0; turn < 3; turn++) {
    const next = await generateCertificate(["localhost"]);
    listener.useCertificate(next);
    collect();
    // Only a turn of the event loop runs what garbage leaves to do.
    await echo(before, server!);
    await assert.rejects(call({ trusted: certificate }), { kind: "handshake" });
    (await call({ trusted: next })).close(0, "");
    await listener.accept();
  }
  assert.throws(() => listener.useCertificate({ certificate: "?", key: "?" }), {
    kind: "handshake",
  });
  await echo(before, server!);
  listener.close(0, "");
  await before.closed;
});

// Deno cannot give up a call, so the operation outlives these two tests.
Deno.test("a handshake has a deadline on either side", { sanitizeOps: false }, async () => {
  const [here, there] = [new StartedClock(), new StartedClock()];
  const refused = Promise.withResolvers<string>();
  const { listener } = start({
    handshakeTimeout: 700,
    onRefused: ({ message }) => refused.resolve(message),
  }, there);
  const line = await firstPacketOnly(listener.address, here);
  const failed = assert.rejects(line.calling, { message: "Handshake took longer than 500 ms" });
  await Promise.all([here.started, there.started]);
  await here.manual.advance(500);
  await failed;
  await there.manual.advance(700);
  assert.equal(await refused.promise, "Handshake took longer than 700 ms");
  listener.close(0, "");
});

Deno.test("with all places taken the handshake that took longest makes room for the next", {
  sanitizeOps: false,
}, async () => {
  const refused = Promise.withResolvers<[string, string | undefined]>();
  const limits: TransportLimit[] = [];
  const { listener, call } = start({
    maxHandshakes: 1,
    onRefused: ({ message }, address) => refused.resolve([message, address]),
    onLimit: (limit) => limits.push(limit),
  });
  const line = await firstPacketOnly(listener.address);
  const client = await call();
  assert.equal((await listener.accept())?.protocol, "moqt-18");
  const [reason, address] = await refused.promise;
  assert.equal(reason, "too many handshakes at once, and this one took longest");
  assert.match(address ?? "", /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(limits, ["handshakes"]);
  await assert.rejects(line.calling, { kind: "handshake" });
  listener.close(0, "");
  await client.closed;
});

Deno.test("close() ends what was accepted and what was not, and nobody comes after it", async () => {
  const { listener, call } = start();
  const [one, two] = [await call(), await call()];
  const server = await listener.accept();
  listener.close(4, "over");
  listener.close(5, "again");
  assert.deepEqual(await one.closed, { code: 4, reason: "over", by: "peer" });
  // Whether the other one's handshake was complete on the listener's side is a matter of luck.
  assert.notEqual((await two.closed).by, "local");
  assert.deepEqual(await server!.closed, { code: 4, reason: "over", by: "local" });
  assert.equal(await listener.accept(), undefined);
  await assert.rejects(call({ maxIdleTimeout: 100 }), { kind: "handshake" });
});

Deno.test("datagrams that the network does not take are bounded", async () => {
  const { listener, call } = start();
  const client = await call();
  let sent = 0;
  while (sent < 100_000 && client.sendDatagram(new Uint8Array(1000))) sent++;
  assert.equal(sent, 1024);
  listener.close(0, "");
  await client.closed;
});

Deno.test("a stop() during a read takes effect with the next bytes", async () => {
  const { listener, call } = start();
  const client = await call();
  const server = await listener.accept();
  const stream = await client.openUni();
  await stream.write(new Uint8Array(1));
  const incoming = await server!.acceptUni();
  await incoming!.read(new Uint8Array(1));
  const pending = assert.rejects(incoming!.read(new Uint8Array(1)), { kind: "reset" });
  incoming!.stop(1);
  await pending;
  await assert.rejects(async () => {
    for (;;) await stream.write(new Uint8Array(65_536));
  }, { kind: "stopped", code: 0 });
  listener.close(0, "");
  await Promise.all([client.closed, server!.closed]);
});

function start(options: Partial<QuicListenOptions> = {}, clock?: Clock) {
  const listener = listenQuic({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    alpnProtocols: ["moqt-18", "h3"],
    ...options,
  }, clock);
  const call = ({ trusted, ...more }: CallOptions = {}) =>
    dialQuic({
      hostname: "127.0.0.1",
      port: listener.address.port,
      serverName: "localhost",
      alpnProtocols: ["moqt-18"],
      caCerts: [(trusted ?? options.certificate ?? certificate).certificate],
      ...more,
    });
  return { listener, call };
}

/** Begins a call over a line that carries its first packet to the listener and nothing back. */
async function firstPacketOnly(
  address: { readonly hostname: string; readonly port: number },
  clock?: Clock,
) {
  const line = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const calling = dialQuic({
    hostname: "127.0.0.1",
    port: (line.addr as Deno.NetAddr).port,
    serverName: "localhost",
    alpnProtocols: ["moqt-18"],
    handshakeTimeout: 500,
    maxIdleTimeout: 1000,
  }, clock);
  calling.catch(() => {});
  const [first] = await line.receive();
  await line.send(first, { transport: "udp", ...address });
  line.close();
  return { calling };
}

interface CallOptions {
  readonly trusted?: CertificatePair;
  readonly alpnProtocols?: readonly string[];
  readonly maxIdleTimeout?: number;
}

async function echo(client: Ends, server: Ends): Promise<void> {
  const ask = await client.openBidi();
  await ask.send.write(Uint8Array.of(1));
  const answer = await server.acceptBidi();
  await answer!.send.write((await answer!.receive.read(new Uint8Array(1)))!);
  assert.deepEqual(await ask.receive.read(new Uint8Array(1)), Uint8Array.of(1));
}

type Ends = Awaited<ReturnType<typeof dialQuic>>;

/** Tells when somebody first sets a timer. */
class StartedClock implements Clock {
  readonly manual = new ManualClock();
  readonly #started = Promise.withResolvers<void>();
  readonly started = this.#started.promise;

  now = () => this.manual.now();
  wall = () => this.manual.wall();
  after(delay: number, fire: () => void) {
    this.#started.resolve();
    return this.manual.after(delay, fire);
  }
}
