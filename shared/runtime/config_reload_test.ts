import assert from "node:assert/strict";
import * as z from "zod";
import { defineConfig } from "./config_definition.ts";
import { loadConfig } from "./config_file.ts";
import { ConfigReload, type LiveKeys } from "./config_reload.ts";
import { section } from "./config_section.ts";
import { integer, text } from "./config_values.ts";
import type { Log } from "./log.ts";

const schema = section({
  port: integer(1, 9).default(1),
  token: text(9).default(""),
  limits: section({ low: integer(0, 9).default(1), high: integer(0, 9).default(2) }),
});
type Example = z.output<typeof schema>;

const definition = defineConfig<Example>({
  schema,
  rules: ({ limits: { low, high } }) =>
    low > high ? [{ key: "limits.low", text: "must not be above `limits.high`" }] : [],
  files: () => [],
  live: [],
  renamed: new Map(),
  retired: new Map(),
  environment: { variables: [], prefix: "EX_" },
});

async function start(...live: LiveKeys<Example>[]) {
  const lines: string[] = [];
  const say = (message: string, fields: object = {}) =>
    void lines.push([message, ...Object.values(fields)].join(" | "));
  const log: Log = { debug: say, info: say, warn: say, error: say, with: () => log };
  let yaml = "";
  const load = () =>
    loadConfig(definition, { file: { name: "a.yaml", text: yaml }, environment: {}, flags: [] });
  const loaded = await load();
  assert.ok(loaded.ok);
  const reload = new ConfigReload({ loaded: loaded.value, load, log });
  reload.follow(...live);
  const read = async (text: string) => {
    yaml = text;
    lines.length = 0;
    await reload.run();
    return [...lines];
  };
  return { read, counts: reload.counts };
}

function limits(applied: number[][], more: Partial<LiveKeys<Example>> = {}): LiveKeys<Example> {
  return {
    keys: ["limits.low", "limits.high"],
    prepare: ({ limits: { low, high } }) => () => void applied.push([low, high]),
    ...more,
  };
}

Deno.test("ConfigReload says of each changed key whether it was applied or waits for a restart", async () => {
  const applied: number[][] = [];
  const { read, counts } = await start(limits(applied));
  assert.deepEqual(await read("port: 2\nlimits:\n  high: 7\n"), [
    "configuration key needs a restart | port | 2 | a.yaml:1",
    "configuration key applied | limits.high | 7 | a.yaml:3",
    "configuration read again | 1 | 1",
  ]);
  assert.deepEqual(applied, [[1, 7]]);
  // What waits is said again, what is in force is not; a key that is gone has its default again.
  assert.deepEqual(await read("port: 2\n"), [
    "configuration key needs a restart | port | 2 | a.yaml:1",
    "configuration key applied | limits.high | 2 | default",
    "configuration read again | 1 | 1",
  ]);
  assert.deepEqual(await read(""), ["configuration read again | 0 | 0"]);
  assert.deepEqual(counts, { ok: 3, refused: 0 });
});

Deno.test("ConfigReload takes nothing of a configuration that cannot be used", async () => {
  const applied: number[][] = [];
  const fails = { keys: ["token"], prepare: () => Promise.reject(new Error("no such token")) };
  const { read, counts } = await start(limits(applied), fails);
  const refused = "new configuration refused, the old one stays in use | ";
  assert.deepEqual(await read("limits:\n  high: 7\n  low: x\n"), [
    `${refused}a.yaml:3:8: limits.low: found "x", allowed an integer from 0 to 9`,
  ]);
  assert.deepEqual(await read("limits:\n  low: 8\n"), [
    `${refused}a.yaml:2:8: limits.low: must not be above \`limits.high\``,
  ]);
  assert.deepEqual(await read("limits:\n  high: 7\ntoken: a\n"), [`${refused}no such token`]);
  assert.deepEqual(applied, []);
  assert.deepEqual(counts, { ok: 0, refused: 3 });
  assert.equal((await read("limits:\n  high: 7\n")).length, 2);
  assert.deepEqual(applied, [[1, 7]]);
});

Deno.test("ConfigReload leaves keys that belong to one that waits for a restart", async () => {
  const applied: number[][] = [];
  const { read } = await start(limits(applied, { dependsOn: ["port"] }));
  const lines = await read("port: 3\nlimits:\n  high: 7\n");
  assert.equal(lines[1], "configuration key needs a restart | limits.high | 7 | a.yaml:3");
  assert.deepEqual(applied, []);
});

Deno.test("ConfigReload reads files again though no key has changed, and shows no secret", async () => {
  let times = 0;
  const token = { keys: ["token"], readsFiles: true, prepare: () => () => void times++ };
  const { read } = await start(token);
  await read("");
  assert.equal(times, 1);
  const lines = await read("token: secret\n");
  assert.equal(times, 2);
  assert.match(lines[0]!, /^configuration key applied \| token \| /);
  assert.doesNotMatch(lines.join(), /secret/);
});
