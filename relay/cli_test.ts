import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { runCommand } from "./cli.ts";
import type { Process } from "./process.ts";
import type { HostParts } from "./host.ts";
import { SessionServer } from "./session_server.ts";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";

type Signal = Parameters<Process["onSignal"]>[0];

/** A process that writes down what happens to it. */
function testProcess(overrides: Partial<Process> = {}) {
  const written = { stdout: "", stderr: "" };
  const exits: number[] = [];
  const signals = new Map<Signal, () => void>();
  const ready = Promise.withResolvers<string>();
  const process: Process = {
    deno: Deno.version.deno,
    hasQuic: true,
    clock: systemClock,
    readText: (path) => Deno.readTextFile(path),
    modified: () => Promise.reject(new Error("no such file")),
    environment: () => ({}),
    hostname: () => "host",
    usage: () => ({ cpuSeconds: 0, residentBytes: 0, heapBytes: 0 }),
    tryBind: () => undefined,
    spawn: () => assert.fail("no member was asked for"),
    forgoSpawn: () => Promise.resolve(),
    forgoWriting: () => Promise.resolve(),
    openInput: () => Promise.reject(new Error("nothing is read")),
    openOutput: () => Promise.reject(new Error("nothing is written")),
    stdout: {
      isTerminal: false,
      write(text) {
        written.stdout += text;
        ready.resolve(text);
      },
    },
    stderr: { isTerminal: false, write: (text) => void (written.stderr += text) },
    exportLine: () => {},
    onSignal: (signal, act) => void signals.set(signal, act),
    exit: (code) => void exits.push(code),
    ...overrides,
  };
  return { process, written, exits, signals, ready: ready.promise };
}

/** A host whose sessions leave when the test says so. */
function patientHost() {
  const left = Promise.withResolvers<void>();
  const parts: HostParts[] = [];
  const create = (given: HostParts) => {
    parts.push(given);
    return Object.assign(new SessionServer(given), { drain: () => left.promise });
  };
  return { create, parts, leave: left.resolve };
}

const noHost = () => assert.fail("no relay was asked for");
const LOOPBACK = ["--address", "127.0.0.1:0"];

Deno.test("runCommand() prints the version in the layout that scripts know", async () => {
  for (const word of ["version", "--version", "-v"]) {
    const { process, written } = testProcess({ deno: "2.9.6" });
    assert.equal(await runCommand([word], noHost, process), 0);
    assert.equal(
      written.stdout,
      "qumo-relay dev\n  commit: none\n  built:  unknown\n  deno:   2.9.6\n",
    );
  }
});

Deno.test("runCommand() explains itself when asked, and when it does not understand", async () => {
  const help = testProcess();
  assert.equal(await runCommand(["--help"], noHost, help.process), 0);
  assert.match(help.written.stdout, /^Usage: qumo-relay/);
  const wrong = testProcess();
  assert.equal(await runCommand(["serv"], noHost, wrong.process), 2);
  assert.equal(
    wrong.written.stderr,
    "Unknown command serv: did you mean serve?\nTry qumo-relay --help\n",
  );
});

Deno.test("runCommand() refuses a Deno that will not do before anything else", async () => {
  for (const overrides of [{ deno: "2.9.4" }, { hasQuic: false }]) {
    const { process, written } = testProcess(overrides);
    assert.equal(await runCommand(["version"], noHost, process), 1);
    assert.match(written.stderr, /^qumo-relay needs Deno[^\n]+\n$/);
  }
});

Deno.test("runCommand() checks a configuration without running it", async () => {
  const good = testProcess();
  const example = new URL("../configs/relay.yaml", import.meta.url).pathname;
  assert.equal(await runCommand(["check", "-c", example], noHost, good.process), 0);
  assert.match(good.written.stdout, /^server\.address +127\.0\.0\.1:4433 +\S+relay\.yaml:\d+\n/);
  const bad = testProcess();
  const args = ["check", "--address", "0.0.0.0:4433", "--log-level", "loud"];
  assert.equal(await runCommand(args, noHost, bad.process), 1);
  assert.equal(
    bad.written.stderr,
    '--log-level: log.level: found "loud", allowed debug, info, warn, error\n',
  );
});

Deno.test("check refuses what cannot start: files that are missing, with their key and place", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/relay.yaml`;
  await Deno.writeTextFile(
    config,
    `server:
  cert_file: /nope.pem
  key_file: ${folder}
sdn:
  urls: http://127.0.0.1:1
  token_file: eyJhbGciOiJI.eyJzdWIi.c2lnbmF0dXJl
  tls: {ca_file: ${config}}
`,
  );
  for (const command of ["check", "serve"]) {
    const { process, written } = testProcess({
      environment: () => ({ QUMO_MESH_CA_FILE: "/nope.ca", QUMO_SERVER_ADRESS: "0.0.0.0:1" }),
    });
    assert.equal(await runCommand([command, "-c", config], noHost, process), 1);
    assert.deepEqual(written.stderr.trimEnd().replaceAll(folder, "DIR").split("\n"), [
      'DIR/relay.yaml:2:14: server.cert_file: found "/nope.pem" (there is no such file), ' +
      "allowed a PEM file with the certificate, the leaf first",
      'DIR/relay.yaml:3:13: server.key_file: found "DIR" (it is a directory), ' +
      "allowed a PEM file with the certificate's private key",
      "DIR/relay.yaml:6:15: sdn.token_file: found a text that is not shown " +
      "(there is no such file), allowed a file with one word of printable ASCII",
      'DIR/relay.yaml:7:18: sdn.tls.ca_file: found "DIR/relay.yaml" (it has no certificate in ' +
      "PEM), allowed a PEM file with the authority's certificates",
      'QUMO_MESH_CA_FILE: mesh.ca_file: found "/nope.ca" (there is no such file), ' +
      "allowed a PEM file with the authority's certificates",
    ]);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("check and serve warn of what is ignored, and go on", async () => {
  const environment = () => ({ QUMO_SERVER_ADRESS: "0.0.0.0:1", FRAME_CAPACITY: "1500" });
  const checked = testProcess({ environment });
  assert.equal(await runCommand(["check"], noHost, checked.process), 0);
  assert.match(
    checked.written.stderr,
    /^warning: FRAME_CAPACITY: ignored: .*\nwarning: QUMO_SERVER/,
  );
  assert.match(checked.written.stderr, /\(did you mean QUMO_SERVER_ADDRESS\?\)\n$/);
  const served = testProcess({ environment });
  const { create, leave } = patientHost();
  const code = runCommand(LOOPBACK, create, served.process);
  await served.ready;
  assert.match(served.written.stderr, /"level":"warn","message":"QUMO_SERVER_ADRESS: ignored/i);
  served.signals.get("SIGTERM")!();
  leave();
  assert.equal(await code, 0);
});

Deno.test("runCommand() says which file cannot be read", async () => {
  const { process, written } = testProcess();
  assert.equal(await runCommand(["-c", "/no/such/file"], noHost, process), 1);
  assert.equal(written.stderr, "Cannot read /no/such/file: there is no such file\n");
});

Deno.test("runCommand() serves until a signal, drains, and ends with 0", async () => {
  const { process, written, signals, ready, exits } = testProcess();
  const { create, leave } = patientHost();
  const code = runCommand(LOOPBACK, create, process);
  assert.match(
    await ready,
    /"message":"qumo-relay dev is ready: http:\/\/127\.0\.0\.1:\d+\/ \(page\), .* sha256 [0-9a-f]{64}"}\n$/,
  );
  signals.get("SIGTERM")!();
  leave();
  assert.equal(await code, 0);
  const said = written.stderr.trim().split("\n").map((line) => JSON.parse(line).message);
  assert.deepEqual(said, ["draining", "stopped"]);
  assert.deepEqual(exits, []);
});

Deno.test("runCommand() ends at once at the second signal, not at an echo of the first", async () => {
  const manual = new ManualClock();
  const { process, signals, ready, exits } = testProcess({ clock: manual });
  const { create, leave } = patientHost();
  const code = runCommand(LOOPBACK, create, process);
  await ready;
  signals.get("SIGINT")!();
  signals.get("SIGINT")!();
  assert.deepEqual(exits, []);
  await manual.advance(201);
  signals.get("SIGTERM")!();
  assert.deepEqual(exits, [1]);
  leave();
  await code;
});

Deno.test("runCommand() says in one line what keeps the relay from starting", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { process, written } = testProcess();
  const args = ["--address", `127.0.0.1:${taken.addr.port}`];
  assert.equal(await runCommand(args, patientHost().create, process), 1);
  taken.close();
  assert.match(
    written.stderr,
    /^--address: server\.address: cannot listen on 127\.0\.0\.1:\d+ \(TCP\): [^\n]+\n$/,
  );
});

Deno.test("runCommand() keeps the relay alive when a fault has no owner", async () => {
  const { process, written, signals, ready } = testProcess();
  const { create, parts, leave } = patientHost();
  const code = runCommand(LOOPBACK, create, process);
  await ready;
  const counted = Promise.withResolvers<void>();
  addEventListener("unhandledrejection", () => counted.resolve(), { once: true });
  void Promise.reject(new Error("lost"));
  await counted.promise;
  assert.equal(parts[0]!.metrics.unhandledErrors, 1);
  assert.match(written.stderr, /"unhandled error","error":"lost"/);
  signals.get("SIGINT")!();
  leave();
  assert.equal(await code, 0);
});
