import assert from "node:assert/strict";
import type { z } from "zod";
import { defineConfig } from "./config_definition.ts";
import { section } from "./config_section.ts";
import { integer, listOf, text, yesNo } from "./config_values.ts";

const schema = section({
  server: section({
    address: text(30).default("127.0.0.1:1"),
    maxSessions: integer(1, 100).default(10),
  }),
  sdn: section({ urls: listOf(text(30), 3).default([]) }),
  quiet: yesNo().default(false),
});

const rest = {
  rules: () => [],
  files: () => [],
  renamed: new Map(),
  live: [],
  retired: new Map(),
  environment: {
    variables: [{ name: "ADDR", key: "server.address" }],
    prefix: "EX_",
    sectionPrefixes: { sdn: "EX_CONTROLLER_" },
  },
};

const definition = defineConfig<z.output<typeof schema>>({ ...rest, schema });

Deno.test("defineConfig() takes the defaults from the schema", () => {
  assert.deepEqual(definition.defaults, {
    server: { address: "127.0.0.1:1", maxSessions: 10 },
    sdn: { urls: [] },
    quiet: false,
  });
});

Deno.test("defineConfig() makes a variable for each key, in a section with a prefix two", () => {
  assert.deepEqual(definition.environment.variables, [
    { name: "ADDR", key: "server.address" },
    { name: "EX_SERVER_ADDRESS", key: "server.address" },
    { name: "EX_SERVER_MAX_SESSIONS", key: "server.max_sessions" },
    { name: "EX_SDN_URLS", key: "sdn.urls", replacedBy: "EX_CONTROLLER_URLS" },
    { name: "EX_CONTROLLER_URLS", key: "sdn.urls" },
    { name: "EX_QUIET", key: "quiet" },
  ]);
});

Deno.test("defineConfig() refuses a schema with a key that has no default", () => {
  assert.throws(() => defineConfig({ ...rest, schema: section({ quiet: yesNo() }) }));
});
