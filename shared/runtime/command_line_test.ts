import assert from "node:assert/strict";
import { type Command, parseCommand } from "./command_line.ts";

const NOTHING: Omit<Command, "name"> = {
  configFile: undefined,
  flags: [],
  url: undefined,
  folder: undefined,
  json: false,
  token: undefined,
};

function parsed(...args: string[]): Command {
  const result = parseCommand(args);
  assert.ok(result.ok, result.ok ? "" : result.refusal);
  return result.value;
}

function refusal(...args: string[]): string {
  const result = parseCommand(args);
  assert.ok(!result.ok);
  return result.refusal;
}

Deno.test("parseCommand() takes the word that was a command before for serve", () => {
  const parsed = parseCommand(["relay", "-config", "a.yaml"], { former: "relay" });
  assert.ok(parsed.ok);
  assert.deepEqual([parsed.value.name, parsed.value.configFile], ["serve", "a.yaml"]);
  assert.ok(!parseCommand(["sdn", "-config", "a.yaml"], { former: "relay" }).ok);
});

Deno.test("parseCommand() serves when nothing is asked", () => {
  assert.deepEqual(parsed(), { name: "serve", ...NOTHING });
  assert.deepEqual(parsed("serve"), { name: "serve", ...NOTHING });
});

Deno.test("parseCommand() takes the file in each of the ways it was ever written", () => {
  for (
    const args of [
      ["-c", "x.yaml"],
      ["--config", "x.yaml"],
      ["--config=x.yaml"],
      ["-config", "x.yaml"],
      ["-config=x.yaml"],
      ["serve", "-config", "x.yaml"],
    ]
  ) assert.deepEqual(parsed(...args), { name: "serve", ...NOTHING, configFile: "x.yaml" });
});

Deno.test("parseCommand() knows every spelling of version and help", () => {
  for (const word of ["version", "--version", "-v"]) assert.equal(parsed(word).name, "version");
  for (const word of ["--help", "-h"]) assert.equal(parsed(word).name, "help");
  assert.equal(parsed("check", "--help").name, "help");
});

Deno.test("parseCommand() hands flags on as values of keys", () => {
  assert.deepEqual(parsed("check", "--address", ":1", "--log-level=debug").flags, [
    { name: "--address", key: "server.address", value: ":1" },
    { name: "--log-level", key: "log.level", value: "debug" },
  ]);
});

Deno.test("parseCommand() takes a URL for health alone", () => {
  assert.equal(parsed("health").url, undefined);
  assert.equal(parsed("health", "http://x:1").url, "http://x:1");
  assert.equal(refusal("check", "http://x:1"), "Unexpected argument http://x:1");
});

Deno.test("parseCommand() says what is wrong and what may have been meant", () => {
  assert.equal(refusal("serv"), "Unknown command serv: did you mean serve?");
  assert.equal(refusal("relay"), "Unknown command relay: serve, check, health, version");
  assert.equal(refusal("--adress", "x"), "Unknown flag --adress: did you mean --address?");
  assert.equal(refusal("--nope"), "Unknown flag --nope");
  assert.match(refusal("--config"), /--config/);
  assert.match(refusal("-x"), /-x/);
  assert.match(refusal("--help=1"), /--help/);
});

Deno.test("parseCommand() knows backup where there is something to copy, and wants a folder", () => {
  const backup = (...args: string[]) => parseCommand(["backup", ...args], { hasBackup: true });
  const parsed = backup("/copies", "-c", "a.yaml");
  assert.ok(parsed.ok);
  assert.deepEqual(
    [parsed.value.name, parsed.value.folder, parsed.value.configFile],
    ["backup", "/copies", "a.yaml"],
  );
  const bare = backup();
  assert.match(bare.ok ? "" : bare.refusal, /needs the folder/);
  assert.match(refusal("backup", "/copies"), /Unknown command backup/);
});

Deno.test("parseCommand() takes a token to explain with check alone, where the program knows tokens", () => {
  const words = ["check", "--token", "t.jwt", "--path", "/demo"];
  const known = parseCommand(words, { hasTokens: true });
  assert.deepEqual(known.ok && known.value.token, { file: "t.jwt", path: "/demo" });
  assert.deepEqual(parseCommand(words), { ok: false, refusal: "Unknown flag --token" });
  for (const line of [["serve", "--token", "t"], ["check", "--path", "/"]]) {
    assert.equal(parseCommand(line, { hasTokens: true }).ok, false);
  }
});
