import assert from "node:assert/strict";
import type { ListenOptions, RefusedPeer } from "../listen_options.ts";
import {
  connectWebSocket,
  requestWebSocket,
  type UpgradeAnswer,
} from "../../../tests/support/transport/websocket_client.ts";
import { startWebSocketServer } from "../../../tests/support/transport/websocket_server.ts";
import { becomes } from "../../../tests/support/until.ts";
import type { TransportLimit } from "../../vocabulary/mod.ts";

/** A server, with what it said about those whom it turned away. */
function world(options: Partial<ListenOptions> = {}) {
  const refused: RefusedPeer[] = [];
  const limits: TransportLimit[] = [];
  const server = startWebSocketServer({
    onRefused: (refusal) => refused.push(refusal),
    onLimit: (limit) => limits.push(limit),
    ...options,
  });
  return { ...server, refused, limits, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

/** A client whose session goes on beside whatever else happens. */
async function canary(server: ReturnType<typeof world>): Promise<() => Promise<void>> {
  const { connection } = await connectWebSocket({ port: server.port });
  const accepted = await server.listener.accept();
  const stream = await connection.openBidi();
  await stream.send.write(Uint8Array.of(1));
  const theirs = (await accepted!.acceptBidi())!;
  await theirs.receive.read(new Uint8Array(1));
  return async () => {
    await theirs.send.write(Uint8Array.of(7));
    assert.deepEqual([...(await stream.receive.read(new Uint8Array(1)))!], [7]);
    connection.close(0, "");
    await accepted!.closed;
  };
}

Deno.test("the session has the path, the protocol and the address of its request", async () => {
  await using server = world();
  const path = "/live/a?jwt=b";
  const { connection } = await connectWebSocket({ port: server.port, path });
  const accepted = (await server.listener.accept())!;
  assert.equal(accepted.transport, "websocket");
  assert.equal(accepted.path, path);
  assert.equal(accepted.protocol, "moqt-18");
  assert.equal(accepted.authority, `127.0.0.1:${server.port}`);
  assert.match(accepted.remoteAddress, /^127\.0\.0\.1:\d+$/);
  assert(accepted.canReset);
  connection.close(0, "");
  await accepted.closed;
});

Deno.test("plain HTTP, HTTP over TLS and both kinds of WebSocket share one port", async () => {
  await using server = world();
  const { port, certificate: { certificate: caCert } } = server;
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "plain");
  using client = Deno.createHttpClient({ caCerts: [caCert], poolMaxIdlePerHost: 0 });
  assert.equal(await (await fetch(`https://localhost:${port}/`, { client })).text(), "plain");
  for (const options of [{ port }, { port, caCert }]) {
    const { connection } = await connectWebSocket(options);
    const accepted = (await server.listener.accept())!;
    connection.close(3, "bye");
    assert.deepEqual(await accepted.closed, { code: 3, reason: "bye", by: "peer" });
  }
});

Deno.test("a client that speaks no TLS is refused where it must", async () => {
  await using server = world({ allowsPlainWebSocket: false });
  const { port, certificate: { certificate: caCert } } = server;
  const refused = await requestWebSocket({ port });
  assert.equal(refused.status, 403);
  refused.stream.destroy();
  const { connection } = await connectWebSocket({ port, caCert });
  connection.close(0, "");
  await connection.closed;
});

Deno.test("the log has whose request was refused, and why", async () => {
  await using server = world({ allowOrigin: (origin) => origin === undefined });
  const { port } = server;
  const origin = { headers: { Origin: "https://evil.example" } };
  for (const [options, status] of [[origin, 403], [{ protocols: ["chat"] }, 400]] as const) {
    const answer = await requestWebSocket({ port, ...options });
    assert.equal(answer.status, status);
    answer.stream.destroy();
  }
  const reasons = server.refused.map(({ kind, reason, peer }) => {
    assert.match(peer!, /^127\.0\.0\.1:\d+$/);
    return `${kind}: ${reason}`;
  });
  assert.deepEqual(reasons, [
    'websocket: the origin "https://evil.example" is not allowed',
    'protocol: no common protocol: the client offered "chat", here is qmux-02 with moqt-18',
  ]);
});

Deno.test("a client that never says what it takes is cut off in time", async () => {
  await using server = world({ handshakeTimeout: 50 });
  const { status, stream } = await requestWebSocket({ port: server.port });
  assert.equal(status, 101);
  await becomes(
    () => Promise.resolve(server.refused.map(({ reason }) => reason).join()),
    "the handshake took longer than 50 ms",
  );
  stream.destroy();
});

Deno.test("the oldest handshake goes when there are too many, and sessions stay", async () => {
  await using server = world({ maxHandshakes: 2 });
  const check = await canary(server);
  const silent: UpgradeAnswer[] = [];
  for (let count = 0; count < 5; count++) {
    silent.push(await requestWebSocket({ port: server.port }));
  }
  await becomes(() => Promise.resolve(server.limits.length), 3);
  assert.deepEqual(new Set(server.limits), new Set(["websocket_handshakes"]));
  await check();
  for (const { stream } of silent) stream.destroy();
});

Deno.test("an address has as many connections as it may, over QUIC and WebSocket together", async () => {
  await using server = world({ maxConnectionsPerAddress: 2 });
  const check = await canary(server);
  const second = await connectWebSocket({ port: server.port });
  const third = await requestWebSocket({ port: server.port });
  assert.equal(third.status, 429);
  third.stream.destroy();
  assert.deepEqual(server.limits, ["connections_per_address"]);
  second.connection.close(0, "");
  await second.connection.closed;
  await check();
  await becomes(async () => {
    const { status, stream } = await requestWebSocket({ port: server.port });
    stream.destroy();
    return status;
  }, 101);
});

Deno.test("a client that breaks the rules of WebSocket is told, and others stay", async () => {
  await using server = world();
  const check = await canary(server);
  for (const bytes of ["8101 00", "8281 00000000 ff", "82fe ffff 00000000"]) {
    const { connection, stream } = await connectWebSocket({ port: server.port });
    const accepted = (await server.listener.accept())!;
    await stream.write(Uint8Array.fromHex(bytes.replaceAll(" ", "")));
    assert.equal((await accepted.closed).by, "local", bytes);
    const told = await connection.closed;
    assert.match(told.reason, /^transport error: /);
    assert.deepEqual({ by: told.by, code: told.code }, { by: "peer", code: 7 });
  }
  await check();
});

Deno.test("a WebSocket that ends without a word is lost, one that says goodbye is not", async () => {
  await using server = world();
  const silent = await connectWebSocket({ port: server.port });
  const first = (await server.listener.accept())!;
  silent.stream.destroy();
  assert.equal((await first.closed).by, "lost");
  const { stream } = await connectWebSocket({ port: server.port });
  const second = (await server.listener.accept())!;
  // A page that is left: close code 1001.
  await stream.write(Uint8Array.fromHex("88820000000003e9"));
  const info = await second.closed;
  assert.deepEqual(info, { code: 0, reason: "the WebSocket was closed with 1001", by: "peer" });
});

Deno.test("a client that does not read is lost in time, and holds little until then", async () => {
  await using server = world({ keepAliveInterval: 100, maxIdleTimeout: 1_000 });
  const check = await canary(server);
  const limits = { maxIdleTimeout: 60_000 };
  const { connection, socket } = await connectWebSocket({ port: server.port }, limits);
  const accepted = (await server.listener.accept())!;
  socket.pause();
  const chunk = new Uint8Array(65_536);
  let written = 0;
  const writing = (async () => {
    const send = await accepted.openUni();
    for (;;) {
      await send.write(chunk);
      written += chunk.length;
    }
  })();
  await assert.rejects(writing);
  assert.equal((await accepted.closed).by, "lost");
  // The client's window for a stream.
  assert(written <= 512 * 1024 + chunk.length, `${written} bytes were taken`);
  socket.resume();
  await connection.closed;
  await check();
});
