import assert from "node:assert/strict";
import { findViolations } from "./support/source/architecture.ts";
import { findDeadExports } from "./support/source/dead_exports.ts";
import { findLongFiles } from "./support/source/file_sizes.ts";
import { ModuleGraph } from "./support/source/module_graph.ts";
import { readProjectFiles } from "./support/source/project_files.ts";

const DOORS: Record<string, string> = {
  "shared/deno.json": JSON.stringify({
    name: "@qumo/shared",
    exports: { "./wire": "./wire/mod.ts", "./runtime": "./runtime/mod.ts" },
  }),
  "shared/runtime/mod.ts": "export const runtime = 1;",
};

const FILES = await readProjectFiles();
const PROJECT = new ModuleGraph(FILES);

Deno.test("the project keeps its architecture", () => {
  assert.deepEqual(findViolations(PROJECT), []);
});

Deno.test("every export of the programs is asked for by somebody", () => {
  assert.deepEqual(findDeadExports(PROJECT), []);
});

Deno.test("no file of the programs grows beyond what holds one idea", () => {
  assert.deepEqual(findLongFiles(FILES), []);
});

Deno.test("findLongFiles() names what is too long, and exceptions that none needs", () => {
  const lines = (count: number) => "\n".repeat(count);
  const files = {
    "relay/short.ts": lines(300),
    "relay/long.ts": lines(301),
    "relay/grown.ts": lines(311),
    "relay/shrunk.ts": lines(300),
    "relay/known.ts": lines(310),
    "relay/long_test.ts": lines(301),
    "tests/long.ts": lines(301),
  };
  const known = { lines: 310, why: "a list" };
  const exceptions = {
    "relay/grown.ts": known,
    "relay/shrunk.ts": known,
    "relay/known.ts": known,
    "relay/gone.ts": known,
  };
  assert.deepEqual(findLongFiles(new Map(Object.entries(files)), exceptions), [
    "relay/gone.ts does not exist",
    "relay/grown.ts has 311 lines, and may have 310",
    "relay/long.ts has 301 lines, and may have 300",
    "relay/shrunk.ts is no longer too long",
  ]);
});

Deno.test("findDeadExports() names what nobody asks for, at doors too, but no type of a signature", () => {
  const files = {
    "relay/track/track.ts": `export function used() {} export const dead = 1;
      export interface Options {} export function make(options: Options) {} export type Alone = 1;`,
    "relay/track/mod.ts": `export { used, make, dead as gone } from "./track.ts";
      export * from "./limits.ts";`,
    "relay/track/limits.ts": "export const MAX = 1; export const MIN = 0;",
    "relay/relay.ts": `import { make, MAX } from "./track/mod.ts";`,
    "tests/a_test.ts": `import { used } from "../relay/track/track.ts";`,
  };
  assert.deepEqual(findDeadExports(graphOf(files)), [
    "relay/track/limits.ts MIN",
    "relay/track/mod.ts gone",
    "relay/track/mod.ts used",
    "relay/track/track.ts Alone",
    "relay/track/track.ts dead",
  ]);
});

Deno.test("the project that is looked at is the whole project", () => {
  for (const path of ["shared/runtime/clock.ts", "tests/architecture_test.ts", "relay/deno.json"]) {
    assert.ok(FILES.has(path), path);
  }
});

Deno.test("findViolations() finds nothing in a project that keeps the rules", () => {
  assertViolations({
    "shared/runtime/clock.ts": "export const now = () => Date.now();",
    "shared/wire/mod.ts": `export { type Name } from "./names.ts";`,
    "shared/wire/names.ts": "export type Name = string;",
    "relay/transport/types.ts": "export type Code = number; // Deno.QuicConn stays outside",
    "relay/transport/quic_streams.ts": `import "./types.ts"; new Deno.QuicEndpoint();`,
    "relay/transport/mod.ts": `export * from "./types.ts"; export * from "./quic_streams.ts";`,
    "relay/track/objects/track.ts": `import type { Name } from "@qumo/shared/wire";`,
    "relay/session/session.ts": `import type { Code } from "../transport/mod.ts";
      import { track } from "../track/track.ts";
      const text = "setTimeout(console, Deno)";`,
    "relay/counts.ts": `import type { RelayMetrics } from "./metrics.ts"; export type Counts = 1;`,
    "relay/metrics.ts": "export class RelayMetrics {}",
    "relay/ops/status.ts": `import type { Counts } from "../counts.ts";`,
    "shared/http/listener.ts": "Deno.listen(address);",
    "relay/config/load.ts": "Deno.readTextFile(path);",
    "relay/relay.ts": `import { session } from "./session/session.ts";`,
    "relay/session/session_test.ts": `import { x } from "../../tests/support/x.ts"; Deno.pid;
      import { quic } from "../transport/quic_streams.ts"; await import(x);`,
    "tests/support/x.ts": `import "../../relay/relay.ts"; import "../../sdn/serve.ts";`,
    "sdn/http/routes.ts": `import type { Change } from "../registry/change.ts";
      import type { Controller } from "../control/controller.ts";
      import { routeAnswer } from "../control/answers.ts";`,
  }, []);
});

const FORBIDDEN: [from: string, to: string][] = [
  ["shared/wire/a.ts", "shared/runtime/b.ts"],
  ["shared/runtime/a.ts", "shared/wire/b.ts"],
  ["shared/topology/a.ts", "shared/wire/b.ts"],
  ["relay/transport/h3/a.ts", "relay/session/b.ts"],
  ["relay/track/a.ts", "relay/transport/types.ts"],
  ["relay/track/a.ts", "relay/session/b.ts"],
  ["relay/session/moqt/a.ts", "relay/transport/quic.ts"],
  ["relay/session/a.ts", "relay/upstream/b.ts"],
  ["relay/upstream/a.ts", "relay/transport/quic.ts"],
  ["relay/upstream/a.ts", "relay/ops/b.ts"],
  ["relay/control_plane/a.ts", "relay/track/b.ts"],
  ["relay/ops/a.ts", "relay/session/b.ts"],
  ["relay/ops/a.ts", "relay/track/b.ts"],
  ["relay/ops/a.ts", "relay/counts.ts"],
  ["relay/session/a.ts", "relay/relay.ts"],
  ["sdn/graph/a.ts", "sdn/registry/b.ts"],
  ["sdn/registry/a.ts", "sdn/graph/b.ts"],
  ["sdn/store/a.ts", "sdn/sync/b.ts"],
  ["sdn/sync/a.ts", "sdn/store/b.ts"],
  ["sdn/control/a.ts", "sdn/http/b.ts"],
  ["sdn/control/a.ts", "sdn/store/sqlite.ts"],
  ["sdn/control/a.ts", "sdn/serve.ts"],
  ["sdn/registry/a.ts", "sdn/control/b.ts"],
  ["sdn/http/a.ts", "sdn/control/controller.ts"],
  ["sdn/http/a.ts", "sdn/registry/b.ts"],
  ["sdn/http/a.ts", "sdn/store/b.ts"],
];

for (const [from, to] of FORBIDDEN) {
  Deno.test(`findViolations() refuses ${from} importing ${to}`, () => {
    const steps = "../".repeat(from.split("/").length - 1);
    assertViolations(
      { [from]: `\nimport { b } from "${steps}${to}";`, [to]: "export const b = 1;" },
      [`${from}:2 may not import ${to}`],
    );
  });
}

Deno.test("findViolations() lets relay/track take values from wire, and never a message or a codec", () => {
  const files = {
    "shared/wire/mod.ts":
      `export * from "./moqt/mod.ts"; export { nameOf as name } from "./names.ts";
      export { vi64 } from "./varint.ts"; export { pairs } from "./pairs.ts";`,
    "shared/wire/names.ts": "export function nameOf() {}",
    "shared/wire/varint.ts": "export const vi64 = {};",
    "shared/wire/pairs.ts": "export const pairs = {};",
    "shared/wire/moqt/mod.ts": `export { type Subscribe } from "./control/messages.ts";
      export { writeObjectHeader } from "./data/object_header.ts";
      export { dialect } from "./data/dialect.ts";`,
    "shared/wire/moqt/control/messages.ts": "export interface Subscribe {}",
    "shared/wire/moqt/data/object_header.ts": "export function writeObjectHeader() {}",
    "shared/wire/moqt/data/dialect.ts": "export const dialect = {};",
    "relay/track/good.ts": `import { name } from "@qumo/shared/wire";`,
    "relay/track/message.ts": `import type { Subscribe } from "@qumo/shared/wire";`,
    "relay/track/objects/header.ts": `import { writeObjectHeader } from "@qumo/shared/wire";`,
    "relay/track/objects/dialect.ts": `import { dialect } from "@qumo/shared/wire";`,
    "relay/track/objects/integer.ts": `import { vi64 } from "@qumo/shared/wire";`,
    "relay/track/objects/pairs.ts": `import { pairs } from "@qumo/shared/wire";`,
  };
  assertViolations(files, [
    "relay/track/message.ts:1 may not import shared/wire/moqt/control/messages.ts",
    "relay/track/objects/dialect.ts:1 may not import shared/wire/moqt/data/dialect.ts",
    "relay/track/objects/header.ts:1 may not import shared/wire/moqt/data/object_header.ts",
    "relay/track/objects/integer.ts:1 may not import shared/wire/varint.ts",
    "relay/track/objects/pairs.ts:1 may not import shared/wire/pairs.ts",
  ]);
});

Deno.test("findViolations() sees a codec that relay/track takes with all the rest", () => {
  assertViolations({
    "shared/wire/mod.ts": `export { vi64 } from "./varint.ts"; export { name } from "./names.ts";`,
    "shared/wire/names.ts": "export function name() {}",
    "shared/wire/varint.ts": "export const vi64 = {};",
    "relay/track/all.ts": `import * as wire from "@qumo/shared/wire";`,
  }, [
    "relay/track/all.ts:1 may not import shared/wire/mod.ts",
    "relay/track/all.ts:1 may not import shared/wire/varint.ts",
  ]);
});

for (const live of ["session/session.ts", "track/track.ts", "metrics.ts", "relay.ts"]) {
  Deno.test(`findViolations() refuses relay/ops the type of what lives in relay/${live} as well`, () => {
    assertViolations({
      "relay/ops/a.ts": `import type { Live } from "../${live}";`,
      [`relay/${live}`]: "export class Live {}",
    }, [`relay/ops/a.ts:1 may not import relay/${live}`]);
  });
}

Deno.test("findViolations() sees what a door passes on", () => {
  assertViolations({
    "relay/transport/types.ts": "export type Code = number;",
    "relay/transport/quic.ts": "export class Endpoint {}",
    "relay/transport/mod.ts": `export type { Code } from "./types.ts"; export * from "./quic.ts";`,
    "relay/session/a.ts": `import { type Code, Endpoint } from "../transport/mod.ts";`,
  }, ["relay/session/a.ts:1 may not import relay/transport/quic.ts"]);
});

Deno.test("findViolations() keeps the two programs apart, tests of theirs included", () => {
  assertViolations(
    {
      "relay/relay.ts": `import { x } from "../sdn/serve.ts";`,
      "relay/relay_test.ts": `import { x } from "../sdn/serve.ts";`,
      "sdn/serve.ts": `const x = await import("../relay/main.ts");`,
    },
    [
      "relay/relay.ts:1 imports itself through sdn/serve.ts -> relay/relay.ts",
      "relay/relay.ts:1 imports the other program: sdn/serve.ts",
      "relay/relay_test.ts:1 imports the other program: sdn/serve.ts",
      "sdn/serve.ts:1 imports the other program: relay/main.ts",
    ].filter((line) => !line.includes("itself")),
  );
});

Deno.test("findViolations() lets nothing import a test", () => {
  assertViolations({
    "relay/relay.ts": `import { x } from "../tests/support/x.ts"; import "./relay_test.ts";`,
    "shared/wire/a.ts": `export { x } from "./a_test.ts";`,
  }, [
    "relay/relay.ts:1 imports a test: relay/relay_test.ts",
    "relay/relay.ts:1 imports a test: tests/support/x.ts",
    "shared/wire/a.ts:1 imports a test: shared/wire/a_test.ts",
  ]);
});

Deno.test("findViolations() wants other members reached by their doors", () => {
  assertViolations({
    "relay/session/a.ts": `import { a } from "../../shared/runtime/mod.ts";`,
    "relay/session/b.ts": `import { a } from "@qumo/shared/runtime/clock.ts";`,
    "relay/session/c_test.ts": `import { a } from "@qumo/shared/wire/names.ts";`,
  }, [
    "relay/session/a.ts:1 reaches past a door of the workspace: ../../shared/runtime/mod.ts",
    "relay/session/b.ts:1 reaches past a door of the workspace: @qumo/shared/runtime/clock.ts",
    "relay/session/c_test.ts:1 reaches past a door of the workspace: @qumo/shared/wire/names.ts",
  ]);
});

Deno.test("findViolations() wants a row for every folder that imports something of ours", () => {
  assertViolations({ "relay/plugins/a.ts": `import { a } from "@qumo/shared/runtime";` }, [
    "relay/plugins/a.ts:1 stands in a folder that has no row in the import table",
  ]);
});

Deno.test("findViolations() names a cycle by its first file", () => {
  assertViolations({
    "relay/track/b.ts": `import { type A, c } from "./c.ts";`,
    "relay/track/c.ts": `export { a } from "./a.ts";`,
    "relay/track/a.ts": `import "./b.ts";`,
  }, [
    "relay/track/a.ts:1 imports itself through relay/track/b.ts -> relay/track/c.ts -> relay/track/a.ts",
  ]);
});

Deno.test("findViolations() counts types as well: two interfaces that name each other are a cycle", () => {
  assertViolations({
    "relay/track/feed.ts": `import type { Publisher } from "./publisher.ts";`,
    "relay/track/publisher.ts": `import { type Feed } from "./feed.ts";`,
  }, [
    "relay/track/feed.ts:1 imports itself through relay/track/publisher.ts -> relay/track/feed.ts",
  ]);
});

const MISPLACED: [path: string, code: string, what: string][] = [
  ["relay/transport/h3/a.ts", "Deno.env.get(x);", "the runtime: Deno"],
  ["relay/metrics.ts", "type A = typeof Deno.pid;", "the runtime: Deno"],
  ["relay/main_loop.ts", "globalThis.Deno.exit();", "the runtime: Deno"],
  ["sdn/store/memory.ts", 'import { open } from "node:fs/promises";', 'the runtime: "node:fs'],
  ["relay/main.ts", "setTimeout(stop, 5);", "clocks and timers: setTimeout"],
  ["relay/a.ts", "globalThis.setInterval(f);", "clocks and timers: setInterval"],
  ["shared/wire/a.ts", "const t = Date.now();", "clocks and timers: Date.now"],
  ["shared/runtime/log.ts", "const t = `${new Date()}`;", "clocks and timers: new Date"],
  ["relay/track/a.ts", "performance.now();", "clocks and timers: performance."],
  ["relay/track/b.ts", "AbortSignal.timeout(9);", "clocks and timers: AbortSignal.timeout"],
  ["sdn/http/a.ts", 'import { a } from "node:timers";', 'clocks and timers: "node:timers'],
  ["shared/runtime/log.ts", "console.log(1);", "the console: console"],
  ["relay/track/a.ts", "new Uint8Array(9);", "memory for payloads: new Uint8Array("],
  ["relay/session/b.ts", "new Uint8Array(n + 1);", "memory for payloads: new Uint8Array("],
  ["relay/session/framing.ts", "readMessage(input, draft18);", "a draft by its number: draft18"],
  ["tests/scenarios/a.ts", "connect(draft18);", "a draft by its number: draft18"],
];

for (const [path, code, what] of MISPLACED) {
  Deno.test(`findViolations() refuses ${code} in ${path}`, () => {
    assertViolations({ [path]: `/** Deno, Date.now() */\n${code}` }, [
      `${path}:2 may not touch ${what}`,
    ]);
  });
}

Deno.test("findViolations() refuses an import whose target is computed", () => {
  assertViolations({ "relay/a.ts": "await import(name);", "relay/b.ts": "import(`./${x}.ts`);" }, [
    "relay/a.ts:1 imports by a computed name",
    "relay/b.ts:1 imports by a computed name",
  ]);
});

function assertViolations(files: Record<string, string>, expected: string[]): void {
  assert.deepEqual(findViolations(graphOf({ ...DOORS, ...files })), expected);
}

function graphOf(files: Record<string, string>): ModuleGraph {
  return new ModuleGraph(new Map(Object.entries(files)));
}
