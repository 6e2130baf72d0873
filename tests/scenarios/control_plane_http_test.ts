import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { tlsFetch } from "../../relay/config.ts";
import { ControlPlane } from "../../relay/control_plane/control_plane.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { generateCertificate } from "../../relay/transport/mod.ts";
import { tokenAccess } from "../../sdn/http/auth.ts";
import { MemoryStore } from "../../sdn/store/mod.ts";
import { Deadline } from "../support/deadline.ts";
import { testController } from "../support/worlds/sdn_controller.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";

/** A controller on a port of the loopback address. */
async function serve(given: {
  readonly port?: number;
  readonly firstRevision?: number;
  readonly live?: NonNullable<NonNullable<Parameters<typeof testController>[0]>["live"]>;
  readonly tls?: { cert: string; key: string };
} = {}) {
  const subject = await testController({
    store: new MemoryStore(given.firstRevision ?? 1000),
    ...(given.live !== undefined && { live: given.live }),
  });
  const stop = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: given.port ?? 0,
    signal: stop.signal,
    onListen: () => {},
    ...given.tls,
  }, (request) => subject.handle(request, "127.0.0.1"));
  return {
    ...subject,
    port: server.addr.port,
    url: `${given.tls === undefined ? "http" : "https"}://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await subject.controller.close();
      stop.abort();
      await server.finished;
    },
  };
}

function relay(name: string, given: {
  readonly urls: readonly string[];
  readonly token?: string;
  readonly fetch?: typeof fetch;
}) {
  const { log, lines } = memoryLog();
  const plane = new ControlPlane({
    settings: {
      name,
      region: "eu",
      version: "1.2.3",
      urls: given.urls,
      neighbors: new Map(),
      heartbeatIntervalMs: 30_000,
      tokenFile: given.token === undefined ? "" : "token",
      staleAfterMs: 20_000,
    },
    clock: systemClock,
    log,
    files: {
      modified: () => Promise.resolve(1),
      readText: () => Promise.resolve(`${given.token}\n`),
    },
    report: () => ({
      links: {},
      load: {},
      flows: [],
      certificateSha256: "",
      tenants: [],
      address: `moqt://127.0.0.1:4433`,
      draining: false,
    }),
    onDrain: () => {},
    ...(given.fetch !== undefined && { fetch: given.fetch }),
  });
  return { plane, lines, [Symbol.asyncDispose]: () => plane.close() };
}

/** Resolves when the mirror is as `holds` wants it. */
function until(mirror: MirrorView, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      stop();
      resolve();
    };
    const stop = mirror.watch({ announced: look, withdrawn: look, changed: look });
    look();
  });
}

Deno.test("two relays know each other through a controller on the network, and leave it", async () => {
  using deadline = new Deadline();
  await using controller = await serve();
  await using one = relay("one", { urls: [controller.url] });
  await using two = relay("two", { urls: [controller.url] });
  two.plane.announced("live/concert");
  one.plane.start();
  two.plane.start();
  const { mirror } = one.plane;
  await deadline.for("the announce", until(mirror, () => mirror.announcesOf("two").size === 1));
  two.plane.announced("live/other");
  await deadline.for("another one", until(mirror, () => mirror.announcesOf("two").size === 2));
  await deadline.for("a farewell", two.plane.deregister());
  await deadline.for("the end", until(mirror, () => mirror.relay("two") === undefined));
  assert.equal(mirror.announcesOf("two").size, 0);
  assert.equal(await one.plane.assign(), undefined);
});

Deno.test("a relay outlives its controller, and finds the next one on the same port", async () => {
  using deadline = new Deadline();
  const first = await serve();
  await using one = relay("one", { urls: [first.url] });
  await using two = relay("two", { urls: [first.url] });
  for (let n = 0; n < 30; n++) two.plane.announced(`live/${n}`);
  one.plane.start();
  two.plane.start();
  const { mirror } = one.plane;
  await deadline.for("announces", until(mirror, () => mirror.announcesOf("two").size === 30));
  const withdrawn: string[] = [];
  mirror.watch({ announced() {}, withdrawn: (_, text) => withdrawn.push(text), changed() {} });
  await first[Symbol.asyncDispose]();
  await using second = await serve({ port: first.port, firstRevision: 1_000_000 });
  await deadline.for("the new snapshot", until(mirror, () => mirror.revision >= 1_000_000));
  two.plane.announced("live/30");
  await deadline.for("news", until(mirror, () => mirror.announcesOf("two").size === 31));
  const { body } = await second.ask("GET", "/relay/two");
  assert.equal(body.announces, 31);
  assert.deepEqual(withdrawn, []);
});

Deno.test("a relay whose first controller is not there uses the second", async () => {
  using deadline = new Deadline();
  const gone = await serve();
  await gone[Symbol.asyncDispose]();
  await using controller = await serve();
  await using one = relay("one", { urls: [gone.url, controller.url] });
  one.plane.start();
  const { mirror } = one.plane;
  await deadline.for("itself", until(mirror, () => mirror.relay("one") !== undefined));
  assert.equal(one.plane.status.url, controller.url);
});

Deno.test("a relay shows its token, and says so when it is not taken", async () => {
  using deadline = new Deadline();
  const sha256 = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("secret")),
  );
  const authenticate = tokenAccess([{ role: "relay", relay: "one", sha256 }]);
  await using controller = await serve({ live: { authenticate } });
  await using one = relay("one", { urls: [controller.url], token: "secret" });
  await using two = relay("two", { urls: [controller.url], token: "wrong" });
  one.plane.start();
  two.plane.start();
  const { mirror } = one.plane;
  await deadline.for("itself", until(mirror, () => mirror.relay("one") !== undefined));
  await deadline.for("a refusal", refusedBy(two.plane));
  assert.match(two.plane.status.problem ?? "", /The token is not known/);
  assert.equal(two.lines.filter(({ text }) => text.startsWith("warn: cannot register")).length, 1);
});

Deno.test("a controller is verified by the CA that sdn.tls names", async () => {
  using deadline = new Deadline();
  const { certificate: cert, key } = await generateCertificate(["localhost", "127.0.0.1"]);
  await using controller = await serve({ tls: { cert, key } });
  const tls = { caFile: "ca.pem", certFile: "", keyFile: "" };
  const reached = await tlsFetch(tls, () => Promise.resolve(cert));
  assert.ok(reached.ok);
  {
    await using one = relay("one", { urls: [controller.url], fetch: reached.value.fetch });
    await using two = relay("two", { urls: [controller.url] });
    one.plane.start();
    two.plane.start();
    const { mirror } = one.plane;
    await deadline.for("itself", until(mirror, () => mirror.relay("one") !== undefined));
    await deadline.for("a refusal", refusedBy(two.plane));
    assert.match(two.plane.status.problem ?? "", /certificate/i);
  }
  reached.value.close();
  const missing = await tlsFetch(tls, () => Promise.reject(new Error("no such file")));
  assert.deepEqual(missing, {
    ok: false,
    refusal: "cannot use its files: no such file",
  });
});

async function refusedBy(plane: ControlPlane): Promise<void> {
  while (plane.status.problem === undefined) {
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
  }
}
