import assert from "node:assert/strict";
import * as z from "zod";
import type { ConfigDefinition } from "./config_definition.ts";
import { type ConfigSources, loadConfig, type LoadedConfig } from "./config_file.ts";
import { variablesFor } from "./config_environment.ts";
import { originText } from "./config_place.ts";
import { integer, listOf, oneOf, text, yesNo } from "./config_values.ts";

interface Example {
  readonly server: {
    readonly address: string;
    readonly maxSessions: number;
    readonly origins: readonly string[];
  };
  readonly mode: "plain" | "strict";
  readonly quiet: boolean;
  readonly neighbors: Readonly<Record<string, number>>;
}

const keys = ["server.address", "server.max_sessions", "server.origins", "mode", "quiet"];

const definition: ConfigDefinition<Example> = {
  defaults: {
    server: { address: "127.0.0.1:1", maxSessions: 10, origins: ["*"] },
    mode: "plain",
    quiet: false,
    neighbors: {},
  },
  schema: z.strictObject({
    server: z.strictObject({
      address: text(30, "host:port", (value) => value.includes(":")),
      maxSessions: integer(1, 100),
      origins: listOf(text(20), 3),
    }),
    mode: oneOf("plain", "strict"),
    quiet: yesNo(),
    neighbors: z.record(z.string(), integer(1, 9), { error: "a map of names and costs" }),
  }),
  rules: ({ server, mode }) =>
    mode === "strict" && server.maxSessions > 50
      ? [{ key: "server.max_sessions", text: "strict serves 50 at most" }]
      : [],
  files: () => [],
  renamed: new Map([["server.limit", "server.max_sessions"]]),
  live: [],
  retired: new Map([["sdn", "there is no controller yet, remove this section"]]),
  environment: {
    variables: [
      { name: "ADDR", key: "server.address" },
      { name: "INSECURE", sets: { "server.address": "0.0.0.0:9", quiet: true } },
      { name: "POOL", retired: "there is no pool, unset it" },
      { name: "NEIGHBORS", key: "neighbors" },
      { name: "EX_OLD_MODE", key: "mode", replacedBy: "EX_MODE" },
      ...variablesFor("EX_", keys),
    ],
    prefix: "EX_",
    otherPrefix: "EX_OTHER_",
  },
};

async function load(
  file: string | undefined,
  environment: Record<string, string> = {},
  flags: ConfigSources["flags"] = [],
) {
  return await loadConfig(definition, {
    file: file === undefined ? undefined : { name: "ex.yaml", text: file },
    environment,
    flags,
  });
}

async function loaded(...input: Parameters<typeof load>): Promise<LoadedConfig<Example>> {
  const result = await load(...input);
  assert.ok(result.ok, result.ok ? "" : result.refusal.join("\n"));
  return result.value;
}

async function problems(...input: Parameters<typeof load>): Promise<readonly string[]> {
  const result = await load(...input);
  assert.ok(!result.ok);
  return result.refusal;
}

Deno.test("loadConfig() gives the defaults when nobody says anything", async () => {
  for (const file of [undefined, "", "# all comments\n", "server:\n"]) {
    assert.deepEqual((await loaded(file)).value, definition.defaults);
  }
});

Deno.test("loadConfig() puts flags over the environment over the file over the defaults", async () => {
  const { value, origins } = await loaded(
    "server:\n  address: a:1\n  max_sessions: 20\n  origins: [a, b]\nneighbors: {x: 3}\nquiet: true\n",
    { EX_SERVER_ADDRESS: "b:2", EX_SERVER_ORIGINS: "c, d", EX_QUIET: "false" },
    [{ name: "--address", key: "server.address", value: "c:3" }],
  );
  assert.deepEqual(value, {
    server: { address: "c:3", maxSessions: 20, origins: ["c", "d"] },
    mode: "plain",
    quiet: false,
    neighbors: { x: 3 },
  });
  assert.deepEqual(
    Array.from(origins, ([key, origin]) => `${key} ${originText(origin)}`),
    [
      "server.address --address",
      "server.max_sessions ex.yaml:3",
      "server.origins environment EX_SERVER_ORIGINS",
      "mode default",
      "quiet environment EX_QUIET",
      "neighbors ex.yaml:5",
    ],
  );
});

Deno.test("loadConfig() does not change the defaults it was given", async () => {
  await loaded("server: {address: 'x:1'}");
  assert.equal(definition.defaults.server.address, "127.0.0.1:1");
});

Deno.test("loadConfig() tells every problem with file, line and column, in order", async () => {
  const file = `mode: loud
server:
  adress: "x:1"
  max_sessions: 0
  address: nope
  origins: [a, 7]
quiet: "yes"
neighbors: {x: 99}
mode: plain
`;
  assert.deepEqual(await problems(file), [
    'ex.yaml:1:7: mode: found "loud", allowed plain, strict',
    "ex.yaml:3:3: server.adress: found an unknown key (did you mean address?), allowed address, max_sessions, origins",
    "ex.yaml:4:17: server.max_sessions: found 0, allowed an integer from 1 to 100",
    'ex.yaml:5:12: server.address: found "nope", allowed host:port',
    "ex.yaml:6:16: server.origins.1: found 7, allowed text of at most 20 characters",
    'ex.yaml:7:8: quiet: found "yes", allowed true or false',
    "ex.yaml:8:16: neighbors.x: found 99, allowed an integer from 1 to 9",
    "ex.yaml:9:1: mode: found a second time, allowed once",
  ]);
});

Deno.test("loadConfig() tells a value once, however many ways it is wrong", async () => {
  const file = `server: {max_sessions: 0.5, address: ${"x".repeat(40)}}`;
  assert.equal((await problems(file)).length, 2);
});

Deno.test("loadConfig() refuses values of the wrong kind", async () => {
  for (
    const [file, line] of [
      [
        "server: 3",
        "ex.yaml:1:1: server: found 3, allowed a map of address, max_sessions, origins",
      ],
      [
        "- a",
        "ex.yaml:1:1: the file: found a list, allowed a map of server, mode, quiet, neighbors",
      ],
      ["mode:", "ex.yaml:1:6: mode: found nothing, allowed plain, strict"],
      ["mode: {a: 1}", "ex.yaml:1:7: mode: found a map, allowed plain, strict"],
      ["quiet: &q true\nmode: *q", "ex.yaml:2:7: mode: found an alias, allowed the value itself"],
      ["server: {max_sessions: 1.5}", "found 1.5, allowed an integer from 1 to 100"],
      ["server: {max_sessions: 1e99}", "found 1e+99, allowed an integer from 1 to 100"],
      ["server: {max_sessions: .nan}", "found NaN, allowed an integer from 1 to 100"],
      ["server: {origins: [a, b, c, d]}", "found a list, allowed a list of at most 3"],
      ["? [a, b]\n: 1", "found an unknown key, allowed server, mode, quiet, neighbors"],
      ["__proto__: {a: 1}", "__proto__: found an unknown key"],
    ]
  ) {
    const lines = await problems(file);
    assert.ok(lines[0]?.includes(line!), `${file}: ${lines.join(" | ")}`);
  }
});

Deno.test("loadConfig() names the place where a text stops being YAML", async () => {
  const lines = await problems("server:\n  address: [a\nmode: plain\n");
  assert.match(lines[0]!, /^ex\.yaml:\d:\d+: this is not YAML: /);
  assert.doesNotMatch(lines.join("\n"), /\n\s+at /);
  assert.match((await problems("mode: plain\n--- \nmode: strict\n"))[0]!, /not YAML/);
  assert.match((await problems("mode: !!nope plain\n"))[0]!, /not YAML/);
  assert.match((await problems("\u0000\u0001\u001b[2J: ["))[0]!, /^\P{Cc}*not YAML/u);
});

Deno.test("loadConfig() does not parse what is too long for a configuration", async () => {
  assert.deepEqual(await problems("#".repeat(1_048_577)), [
    "ex.yaml:1:1: found 1048577 characters, allowed 1048576",
  ]);
});

Deno.test("loadConfig() names the variable whose value is wrong", async () => {
  assert.deepEqual(
    await problems(undefined, { ADDR: "x", EX_SERVER_MAX_SESSIONS: "many", INSECURE: "1" }),
    [
      'INSECURE: found "1", allowed true or false',
      'ADDR: server.address: found "x", allowed host:port',
      'EX_SERVER_MAX_SESSIONS: server.max_sessions: found "many", allowed an integer from 1 to 100',
    ],
  );
});

Deno.test("loadConfig() takes an empty variable for one that is not set", async () => {
  assert.deepEqual(
    (await loaded(undefined, { ADDR: "", INSECURE: "", POOL: "" })).value,
    definition.defaults,
  );
});

Deno.test("loadConfig() lets a variable set several keys", async () => {
  const { value, origins } = await loaded("quiet: false", { INSECURE: "true" });
  assert.deepEqual([value.server.address, value.quiet], ["0.0.0.0:9", true]);
  assert.equal(originText(origins.get("quiet")!), "environment INSECURE");
  assert.equal((await loaded(undefined, { INSECURE: "false" })).value.quiet, false);
});

Deno.test("loadConfig() reads former keys and warns of those that do nothing", async () => {
  assert.equal((await loaded("server: {limit: 7}")).value.server.maxSessions, 7);
  for (
    const file of ["server: {max_sessions: 7, limit: 8}", "server: {limit: 8, max_sessions: 7}"]
  ) {
    const { value, warnings } = await loaded(file);
    assert.equal(value.server.maxSessions, 7);
    assert.match(
      warnings.join(),
      /^ex\.yaml:1:\d+: server\.limit: ignored, because server\.max_sessions is written as well$/,
    );
  }
  assert.deepEqual((await loaded("server: {max_sessions: 7, limit: 7}")).warnings, []);
  assert.deepEqual(await problems("server: {limit: 7, limit: 8}"), [
    "ex.yaml:1:20: server.limit: found a second time, allowed once",
  ]);
  assert.deepEqual((await loaded("sdn:\n  url: http://x\n", { POOL: "1" })).warnings, [
    "ex.yaml:1:1: sdn: ignored: there is no controller yet, remove this section",
    "POOL: ignored: there is no pool, unset it",
  ]);
});

Deno.test("a variable that is set for the program and misspelt is reported with what was meant", async () => {
  const { value, warnings } = await loaded("mode: strict", {
    EX_SERVER_ADRESS: "a:1",
    EX_NOTHING_LIKE_IT: "1",
    EX_EMPTY: "",
    EX_OTHER_THING: "1",
    NEIGHBOURS: "a:1",
    EX_NEIGHBORS: "a:1",
    HOME: "/root",
    ADDRESS_BOOK: "x",
    EX_OLD_MODE: "plain",
    EX_RELAY_SERVICE_HOST: "10.0.0.1",
    EX_RELAY_SERVICE_PORT_QUIC: "1",
    EX_RELAY_PORT: "tcp://10.0.0.1:1",
    EX_RELAY_PORT_1_TCP_ADDR: "10.0.0.1",
  });
  assert.deepEqual(value.server, definition.defaults.server);
  assert.equal(value.mode, "plain");
  assert.deepEqual(warnings, [
    "EX_OLD_MODE: a former name: write EX_MODE",
    "EX_NEIGHBORS: ignored, there is no such variable (did you mean NEIGHBORS?)",
    "EX_NOTHING_LIKE_IT: ignored, there is no such variable",
    "EX_SERVER_ADRESS: ignored, there is no such variable (did you mean EX_SERVER_ADDRESS?)",
    "NEIGHBOURS: ignored, there is no such variable (did you mean NEIGHBORS?)",
  ]);
});

Deno.test("a misspelt word is answered with the word that was meant", async () => {
  assert.deepEqual(await problems("mode: strct"), [
    'ex.yaml:1:7: mode: found "strct" (did you mean strict?), allowed plain, strict',
  ]);
  assert.deepEqual(await problems("", { EX_MODE: "Plan" }), [
    'EX_MODE: mode: found "Plan" (did you mean plain?), allowed plain, strict',
  ]);
});

Deno.test("a text where names should be is not repeated: it may be a token", async () => {
  assert.deepEqual(await problems("server: hunter2"), [
    "ex.yaml:1:1: server: found a text, allowed a map of address, max_sessions, origins",
  ]);
  assert.doesNotMatch((await problems("mode: *hunter2")).join(), /hunter2/);
  assert.doesNotMatch((await problems("mode: !hunter2 x")).join(), /hunter2/);
});

Deno.test("loadConfig() names the flag whose value is wrong", async () => {
  assert.deepEqual(
    await problems(undefined, {}, [{ name: "--address", key: "server.address", value: "x" }]),
    ['--address: server.address: found "x", allowed host:port'],
  );
});

Deno.test("loadConfig() tells a broken rule at the place of its key", async () => {
  assert.deepEqual(await problems("mode: strict\nserver: {max_sessions: 60}"), [
    "ex.yaml:2:24: server.max_sessions: strict serves 50 at most",
  ]);
  assert.deepEqual(await problems("mode: strict", { EX_SERVER_MAX_SESSIONS: "60" }), [
    "EX_SERVER_MAX_SESSIONS: server.max_sessions: strict serves 50 at most",
  ]);
});
