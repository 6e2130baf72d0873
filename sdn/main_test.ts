import assert from "node:assert/strict";
import { runModule, runToEnd, startProgram } from "../tests/support/processes/program_process.ts";

const MAIN = "sdn/main.ts";

function start(...args: string[]) {
  return startProgram(runModule(MAIN, ["--address", "127.0.0.1:0", ...args]));
}

function run(...args: string[]) {
  return runToEnd(runModule(MAIN, args));
}

Deno.test("what was registered survives SIGKILL; SIGTERM ends watchers and the program", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/sdn.yaml`;
  await Deno.writeTextFile(config, `graph:\n  data_dir: ${folder}/data\n`);
  const first = await start("-c", config);
  await first.ask("PUT", "/relay/a", { region: "eu", address: "https://a:1", neighbors: { b: 2 } });
  await first.ask("PUT", "/relay/b", {});
  await first.ask("PUT", "/announce/live/x", { relay: "a" });
  const { revision } = (await first.ask("POST", "/relay/b/drain")).body;
  await first.end("SIGKILL");

  const second = await start("-c", config);
  assert.deepEqual(
    (await second.ask("GET", "/health")).body,
    { status: "ok", live: true, ready: true, revision, relays: 2, announces: 1 },
  );
  assert.equal((await second.ask("GET", "/relay/b")).body.state, "draining");
  assert.equal((await second.ask("GET", "/route?from=a&to=b")).body.cost, 2);
  assert.equal((await run("health", second.url)).code, 0);
  const watching = await fetch(`${second.url}/watch?since=${revision}`);
  const watched = watching.text();
  assert.equal(await second.end("SIGTERM"), 0);
  assert.match(await watched, /^retry: 1000\n\nid: \d+\nevent: ready/);
  assert.equal((await run("health", second.url)).code, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a command line, a file or an address that will not do is an exit code and a sentence", async () => {
  const unknown = await run("servr");
  assert.deepEqual([unknown.code, unknown.stdout], [2, ""]);
  assert.match(unknown.stderr, /did you mean serve\?/);
  const missing = await run("-c", "no-such-file.yaml");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /Cannot read no-such-file\.yaml/);
  const open = await run("--address", "0.0.0.0:8090");
  assert.equal(open.code, 1);
  assert.match(open.stderr, /without access control/);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/sdn.yaml`, `graph:\n  data_dir: ${folder}/sdn.yaml\n`);
  const noFolder = await run("-c", `${folder}/sdn.yaml`);
  assert.equal(noFolder.code, 1);
  assert.match(noFolder.stderr, /sdn\.yaml:2:13: graph\.data_dir: cannot use the store in \//);
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/data/state.sqlite`, "no database, but a text ".repeat(50));
  await Deno.writeTextFile(`${folder}/sdn.yaml`, `graph:\n  data_dir: ${folder}/data\n`);
  const broken = await run("-c", `${folder}/sdn.yaml`);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /sdn\.yaml:2:13: graph\.data_dir: cannot use .*not a database/);
  await Deno.remove(folder, { recursive: true });
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const late = await run("--address", `127.0.0.1:${taken.addr.port}`);
  taken.close();
  assert.equal(late.code, 1);
  assert.match(
    late.stderr,
    /^--address: server\.address: cannot listen on 127\.0\.0\.1:\d+ \(TCP\): .*in use/,
  );
});

Deno.test("check --json says to programs what is in force, or what is wrong and where", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sdn.yaml`;
  await Deno.writeTextFile(file, "server:\n  body_timeout_ms: 2s\n");
  const good = await run("check", "--json", "-c", file);
  assert.equal(good.code, 0, good.stderr);
  const { valid, values } = JSON.parse(good.stdout);
  assert.deepEqual(
    [valid, values["server.body_timeout_ms"], values["log.level"]],
    [true, { value: 2000, from: `${file}:2` }, { value: "info", from: "default" }],
  );
  await Deno.writeTextFile(file, "server:\n  body_timeout: 2s\n");
  const bad = await run("check", "--json", "-c", file);
  assert.deepEqual([bad.code, JSON.parse(bad.stdout).valid], [1, false]);
  assert.match(JSON.parse(bad.stdout).problems[0], /sdn\.yaml:2:3: server\.body_timeout: /);
  await Deno.remove(folder, { recursive: true });
});
