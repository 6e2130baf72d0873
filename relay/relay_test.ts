import assert from "node:assert/strict";
import { noTracing, StartError, systemClock } from "@qumo/shared/runtime";
import { DEFAULTS, type RelayConfig } from "./config.ts";
import type { HostParts } from "./host.ts";
import { Relay } from "./relay.ts";
import { SessionServer } from "./session_server.ts";
import { type Connection, dial, generateCertificate } from "./transport/mod.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";

/** A host that only takes connections in, and says what it was told. */
function recordingHost() {
  const told: string[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
  const draining = Promise.withResolvers<void>();
  class RecordingHost extends SessionServer {
    #active = 0;

    override get active() {
      return this.#active;
    }

    override serve(connection: Connection) {
      this.#active++;
      told.push(`serve ${connection.protocol}`);
      waiting.shift()?.(connection);
    }

    override snapshot() {
      return { ...super.snapshot(), sessions: this.#active };
    }

    override drain(deadlineMs: number) {
      told.push(`drain ${deadlineMs}`);
      return draining.promise;
    }

    override close() {
      told.push("close");
      return super.close();
    }
  }
  const createHost = (parts: HostParts) => new RecordingHost(parts);
  const next = () => new Promise<Connection>((resolve) => waiting.push(resolve));
  return { createHost, told, next, endDrain: draining.resolve };
}

const program = {
  version: "1.2.3",
  commit: "abc",
  deno: "2.9.6",
  usage: () => ({ cpuSeconds: 0, residentBytes: 0, heapBytes: 0 }),
};

async function start(
  server: Partial<RelayConfig["server"]> = {},
  files: Record<string, string> = {},
) {
  const { log, lines } = memoryLog();
  const recording = recordingHost();
  let writes = 0;
  const relay = await Relay.start({
    config: { ...DEFAULTS, server: { ...DEFAULTS.server, address: "127.0.0.1:0", ...server } },
    createHost: recording.createHost,
    files: {
      readText: (path) => {
        const text = files[path];
        return text === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve(text);
      },
      modified: () => Promise.resolve(writes++),
    },
    hostname: () => "host",
    dial,
    program,
    clock: systemClock,
    log,
    tracing: noTracing,
  });
  return { relay, lines, ...recording };
}

const quiet = { keepAliveInterval: 0 };

// A connection's operations in Deno end some time after the connection: nothing can be awaited that
// says when, and a WebTransport session leaves its peer half a second to say goodbye.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

function call(relay: Relay, scheme = "moqt", origin?: string): Promise<Connection> {
  return dial(`${scheme}://${relay.address}/room`, {
    ...quiet,
    protocols: ["moqt-18"],
    serverCertificateHashes: [relay.certificate.hash],
    ...(origin !== undefined && { origin }),
  });
}

async function ask(relay: Relay, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${relay.address}${path}`);
  return { status: response.status, text: await response.text() };
}

Deno.test(
  "Relay.start() serves QUIC, WebTransport and HTTP on one port, ready at once",
  UNTIDY,
  async () => {
    const { relay, told, lines } = await start();
    const raw = await call(relay);
    const page = await call(relay, "https", "http://localhost:8080");
    assert.equal(page.protocol, "moqt-18");
    assert.deepEqual(await ask(relay, "/health?probe=ready"), {
      status: 200,
      text: '{"ready":true}\n',
    });
    assert.equal((await ask(relay, "/certificate.sha256")).text, relay.certificate.hash);
    assert.match((await ask(relay, "/metrics")).text, /^qumo_relay_sessions_active 2$/m);
    assert.deepEqual(told, ["serve moqt-18", "serve moqt-18"]);
    raw.close(0, "");
    page.close(0, "");
    await relay.close();
    assert.equal(told.at(-1), "close");
    assert.deepEqual(lines, []);
  },
);

Deno.test(
  "Relay turns away pages of origins that are not allowed, and programs never",
  UNTIDY,
  async () => {
    const { relay, lines, next } = await start({ allowedOrigins: ["https://good.example"] });
    await assert.rejects(call(relay, "https", "https://bad.example"), { name: "TransportError" });
    const served = next();
    const program = await call(relay, "https");
    assert.equal((await served).path, "/room");
    assert.equal(relay.metrics.handshakesRefused.webtransport, 1);
    assert.equal(lines[0]?.text, "info: connection refused");
    program.close(0, "");
    await relay.close();
  },
);

Deno.test("Relay closes sessions beyond the configured number", UNTIDY, async () => {
  const { relay, next } = await start({ maxSessions: 1 });
  const served = next();
  const first = await call(relay);
  await served;
  const second = await call(relay);
  assert.deepEqual(await second.closed, { code: 0, reason: "too many sessions", by: "peer" });
  assert.equal(relay.metrics.handshakesRefused.max_sessions, 1);
  first.close(0, "");
  await relay.close();
});

Deno.test("Relay.drain() is not ready, waits for the host, and answers until the end", async () => {
  const { relay, told, endDrain } = await start();
  const drained = relay.drain();
  assert.deepEqual(told, ["drain 10000"]);
  const { status, text } = await ask(relay, "/health?probe=ready");
  assert.deepEqual([status, text], [503, '{"ready":false,"reason":"draining"}\n']);
  const late = await call(relay);
  assert.equal((await late.closed).reason, "the relay is going away");
  assert.equal(relay.metrics.handshakesRefused.draining, 1);
  assert.equal(relay.drain(), drained);
  endDrain();
  await drained;
  assert.deepEqual(told, ["drain 10000", "close"]);
  await assert.rejects(ask(relay, "/health"));
});

Deno.test("Relay takes another certificate while sessions stay", UNTIDY, async () => {
  const [before, after] = [
    await generateCertificate(["localhost"]),
    await generateCertificate(["localhost"]),
  ];
  const files: Record<string, string> = { "c.pem": before.certificate, "k.pem": before.key };
  const { relay, lines, next } = await start({ certFile: "c.pem", keyFile: "k.pem" }, files);
  assert.equal(relay.certificate.hash, before.hash);
  const served = next();
  const old = await call(relay);
  const oldAtRelay = await served;

  files["c.pem"] = after.certificate;
  await relay.reload();
  assert.equal(relay.certificate.hash, before.hash);
  assert.equal(relay.metrics.certificateReloads.refused, 1);
  assert.match(lines[0]!.text, /^warn: new certificate refused/);

  files["k.pem"] = after.key;
  await relay.reload();
  assert.equal(relay.certificate.hash, after.hash);
  assert.equal(relay.metrics.certificateReloads.ok, 1);
  const fresh = await call(relay);
  const stream = await old.openUni();
  await stream.write(Uint8Array.of(7));
  const arrived = await (await oldAtRelay.acceptUni())!.read(new Uint8Array(8));
  assert.deepEqual(arrived, Uint8Array.of(7));
  for (const connection of [old, fresh]) connection.close(0, "");
  await relay.close();
});

Deno.test("Relay.start() says in a sentence what is in the way", async () => {
  const { relay } = await start();
  await assert.rejects(start({ address: relay.address }), (error) => {
    assert.ok(error instanceof StartError);
    assert.match(error.message, /^cannot listen on 127\.0\.0\.1:\d+ \(UDP\): .*in use/);
    return true;
  });
  await relay.close();
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assert.rejects(start({ address: `127.0.0.1:${tcp.addr.port}` }), {
    name: "StartError",
    message: /\(TCP\): .*in use/,
  });
  tcp.close();
  await assert.rejects(start({ certFile: "no.pem", keyFile: "no.key" }), {
    name: "StartError",
    message: "cannot start with certificate no.pem and key no.key: no no.pem",
  });
  await assert.rejects(start({ certFile: "c", keyFile: "k" }, { c: "nonsense", k: "nonsense" }), {
    name: "StartError",
    message: /^cannot start with certificate c and key k: Cannot read certificate/,
  });
});

/** Who a page asks, its origin and what it asks for, and the answer. */
const PAGES: [string, string, string, number][] = [
  ["evil.example", "", "/status", 403],
  ["localhost", "", "/status", 200],
  ["localhost", "https://evil.example", "/status", 403],
  ["localhost", "null", "/status", 403],
  ["localhost", "http://localhost:8000", "/status", 200],
  ["localhost", "https://evil.example", "/certificate.sha256", 200],
];
for (const [name, origin, path, status] of PAGES) {
  const page = origin === "" ? "a page" : `a page of ${origin}`;
  Deno.test(`${page} that asks ${name} on a loopback address for ${path} gets ${status}`, async () => {
    const { relay } = await start();
    const port = Number(relay.address.split(":").at(-1));
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const head = [`GET ${path} HTTP/1.1`, `Host: ${name}:${port}`, "Connection: close"];
    if (origin !== "") head.push(`Origin: ${origin}`);
    await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
    const answer = await new Response(connection.readable).text();
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    await relay.close();
  });
}

Deno.test("nobody is let in before the mesh hears of what clients publish", UNTIDY, async () => {
  const steps: string[] = [];
  const server = { ...DEFAULTS.server, address: "127.0.0.1:0" };
  const relay = await Relay.start({
    config: { ...DEFAULTS, server, mesh: { ...DEFAULTS.mesh, caFile: "ca.pem" } },
    createHost: recordingHost().createHost,
    files: {
      readText(path) {
        steps.push(`the mesh reads ${path}`);
        return Promise.resolve("");
      },
      modified: () => Promise.resolve(0),
    },
    openListeners() {
      steps.push("listens");
      return [];
    },
    hostname: () => "host",
    dial,
    program,
    clock: systemClock,
    log: memoryLog().log,
    tracing: noTracing,
  });
  await relay.close();
  assert.deepEqual(steps, ["the mesh reads ca.pem", "listens"]);
});
