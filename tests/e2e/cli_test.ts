import assert from "node:assert/strict";
import { generateCertificate } from "../../relay/transport/mod.ts";
import { Deadline } from "../support/deadline.ts";
import { runToEnd } from "../support/processes/program_process.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { becomes } from "../support/until.ts";

/** The permissions of `deno task relay`: the program must do with them. */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-run",
];

function run(args: readonly string[], env: Record<string, string> = {}) {
  const command = ["run", "--quiet", "--no-prompt", ...PERMISSIONS, "relay/main.ts", ...args];
  return runToEnd([Deno.execPath(), ...command], { env });
}

/** What went wrong is a line or some for a person, and no stack. */
function assertPlain({ stderr }: { stderr: string }): void {
  assert.doesNotMatch(stderr, /^\s+at |file:\/\/|Uncaught/m);
}

Deno.test("qumo-relay version prints four lines", async () => {
  const { code, stdout } = await run(["-v"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^qumo-relay \S+\n {2}commit: \S+\n {2}built: {2}\S+\n {2}deno: {3}2\.\S+\n$/,
  );
});

Deno.test("qumo-relay tells a command line nobody understands by its exit code", async () => {
  for (const args of [["serv"], ["--adress", "x"], ["check", "more"]]) {
    const ended = await run(args);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /Try qumo-relay --help\n$/);
    assertPlain(ended);
  }
});

Deno.test("qumo-relay check takes the environment into account", async () => {
  const env = { RELAY_ADDR: "0.0.0.0:4444", QUMO_LOG_LEVEL: "warn" };
  const refused = await run(["check"], env);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^RELAY_ADDR: server\.address: .*set `auth\.mode: open`/);
  assertPlain(refused);
  const { code, stdout } = await run(["check"], { ...env, INSECURE: "true" });
  assert.equal(code, 0);
  assert.match(stdout, /^log\.level +warn +environment QUMO_LOG_LEVEL$/m);
  assert.match(stdout, /^auth\.mode +open +environment INSECURE$/m);
});

Deno.test("qumo-relay does not start on a port that is taken", async () => {
  using deadline = new Deadline();
  await using relay = await deadline.for("a relay", startRelay());
  const ended = await deadline.for("a refusal", run(["--address", `127.0.0.1:${relay.port}`]));
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /^--address: server\.address: cannot listen on 127\.0\.0\.1:\d+ \(UDP\): [^\n]+\n$/,
  );
  assertPlain(ended);
});

Deno.test("qumo-relay does not start with certificate files that are not there", async () => {
  const ended = await run(["--address", "127.0.0.1:0"], {
    CERT_FILE: "no.crt",
    KEY_FILE: "no.key",
  });
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /^CERT_FILE: server\.cert_file: found "no\.crt" \(there is no such file\), .*\nKEY_FILE: [^\n]+\n$/,
  );
  assertPlain(ended);
});

Deno.test("qumo-relay health says by its exit code whether a relay is ready", async () => {
  using deadline = new Deadline();
  await using relay = await deadline.for("a relay", startRelay());
  const ready = await deadline.for("an answer", run(["health", relay.origin]));
  assert.deepEqual(ready, { code: 0, stdout: '200 {"ready":true}\n', stderr: "" });
  const described = run(["health"], { RELAY_ADDR: `127.0.0.1:${relay.port}` });
  assert.equal((await deadline.for("an answer", described)).code, 0);
  await deadline.for("the end of the relay", relay.end());
  const gone = await deadline.for("an answer", run(["health", relay.origin]));
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /^no answer from http:/);
  assertPlain(gone);
});

Deno.test("qumo-relay tells what it is and does over HTTP", async () => {
  using deadline = new Deadline();
  await using relay = await deadline.for("a relay", startRelay({ relay: { node_id: "r1" } }));
  const metrics = await deadline.for("metrics", relay.metrics());
  assert.match(
    metrics,
    /^qumo_relay_build_info\{version="\S+",commit="\S+",deno="2\.\S+",relay="r1"\} 1$/m,
  );
  assert.match(metrics, /^process_resident_memory_bytes\{relay="r1"\} [1-9]\d{7,}$/m);
  assert.match(metrics, /^qumo_relay_ready\{relay="r1"\} 1$/m);
  const status = await deadline.for("status", relay.status()) as Record<string, unknown>;
  assert.deepEqual([status["node_id"], status["state"]], ["r1", "serving"]);
  assert.equal(status["address"], `127.0.0.1:${relay.port}`);
});

Deno.test("qumo-relay ends with 0 at SIGTERM and at SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    using deadline = new Deadline();
    await using relay = await deadline.for("a relay", startRelay());
    relay.kill(signal);
    const code = await deadline.for("the end of the relay", relay.ended);
    assert.equal(code, 0, relay.log());
    await relay.end();
    assert.match(relay.log(), /"message":"draining"/);
    assert.match(relay.log(), /"message":"stopped"/);
  }
});

Deno.test("qumo-relay reads its certificate again at SIGHUP", async () => {
  using deadline = new Deadline();
  const directory = await Deno.makeTempDir();
  const server = { cert_file: `${directory}/c.pem`, key_file: `${directory}/k.pem` };
  const write = async () => {
    const { certificate, key, hash } = await generateCertificate(["localhost"]);
    await Deno.writeTextFile(server.cert_file, certificate);
    await Deno.writeTextFile(server.key_file, key);
    return hash;
  };
  const before = await write();
  await using relay = await deadline.for("a relay", startRelay({ server }));
  assert.equal(relay.certificateHash.toHex(), before);
  const after = await write();
  relay.kill("SIGHUP");
  await becomes(() => relay.get("/certificate.sha256"), after);
  await relay.end();
  await Deno.remove(directory, { recursive: true });
});
