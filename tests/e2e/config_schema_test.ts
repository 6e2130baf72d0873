/** The JSON Schemas of both configurations, by a validator of editors' kind, against the programs. */
import { Ajv2020 } from "ajv";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { relayDefinition } from "../../relay/config/definition.ts";
import { type ConfigDefinition, keysOf, loadConfig } from "@qumo/shared/runtime";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import { ROOT } from "../support/root.ts";

const CASES = [
  ["relay", relayDefinition as ConfigDefinition<object>],
  ["sdn", sdnDefinition as ConfigDefinition<object>],
] as const;

/** Files that both must judge alike: what is wrong with each is wrong by itself, not by another key. */
const WRONG = [
  'server:\n  adress: ":4433"\n',
  "server: 4433\n",
  "server:\n  address: 4433\n",
  "log:\n  level: loud\n",
  "auth:\n  mode: yes\n",
  "server:\n  cert_file: [a]\n",
  "nothing: 1\n",
];

for (const [name, definition] of CASES) {
  const isValid = new Ajv2020({ strict: true, allowUnionTypes: true })
    .compile(JSON.parse(await Deno.readTextFile(new URL(`configs/${name}.schema.json`, ROOT))));
  const isTaken = async (text: string) => {
    const sources = { file: { name: "a.yaml", text }, environment: {}, flags: [] };
    return (await loadConfig(definition, sources)).ok;
  };

  Deno.test(`${name}.schema.json takes ${name}.yaml, which names it for editors`, async () => {
    const text = await Deno.readTextFile(new URL(`configs/${name}.yaml`, ROOT));
    assert.match(text, new RegExp(`^# yaml-language-server: \\$schema=${name}\\.schema\\.json\\n`));
    assert.ok(isValid(parse(text)), JSON.stringify(isValid.errors));
  });

  Deno.test(`${name}.schema.json refuses what ${name} refuses`, async () => {
    for (const text of WRONG) {
      assert.equal(await isTaken(text), false, text);
      assert.equal(isValid(parse(text)), false, text);
    }
  });

  Deno.test(`${name} takes a unit with every duration and size, and so does its schema`, async () => {
    for (const [key, path] of keysOf(definition.defaults).values) {
      if (!/_(?:ms|sec|bytes|bytes_per_second)$|_bytes_per_/.test(key)) continue;
      // A day, or a TiB, is out of the limits of most: that is a fault of the value, not of its form.
      const [wrong, form] = /_(?:ms|sec)$/.test(key)
        ? ["900000d", "10s"]
        : ["9000000TiB", "256MiB"];
      const nested = (value: string) =>
        key.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
      const file = { name: "a.yaml", text: JSON.stringify(nested(wrong)) };
      const loaded = await loadConfig(definition, { file, environment: {}, flags: [] });
      assert.match(
        !loaded.ok && loaded.refusal.join() || "",
        RegExp(`or a text like ${form}`),
        key,
      );
      assert.ok(isValid(nested(form)), `${key} at ${path}: ${JSON.stringify(isValid.errors)}`);
    }
  });

  Deno.test(`${name}.schema.json takes durations with their unit, and former names`, async () => {
    const key = name === "relay" ? "idle_timeout_ms" : "body_timeout_ms";
    const former = Array.from(definition.renamed.keys(), (path) => {
      const [section, inner] = path.split(".");
      return inner === undefined ? undefined : { [section!]: { [inner]: "127.0.0.1:1" } };
    });
    for (const value of [{ server: { [key]: "10s" } }, { server: { [key]: 10_000 } }, ...former]) {
      if (value !== undefined) assert.ok(isValid(value), JSON.stringify(isValid.errors));
    }
    assert.equal(isValid({ server: { [key]: -1 } }), false);
    assert.ok(await isTaken(`server:\n  ${key}: 10s\n`));
  });
}
