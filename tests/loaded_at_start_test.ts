import assert from "node:assert/strict";
import { loadedAtStart } from "./support/source/loaded_at_start.ts";
import { ModuleGraph } from "./support/source/module_graph.ts";
import { readProjectFiles } from "./support/source/project_files.ts";

interface Start {
  /** Modules of others that are loaded. */
  readonly others: readonly string[];
  /** What is loaded when it is first needed. */
  readonly late: readonly string[];
  /** Files that the other program has its own need of. */
  readonly never: readonly string[];
}

/*
 * What is loaded before a program is ready costs each start time, and memory for as long as it runs:
 * a module of others joins these lists by decision alone.
 */
const AT_START: Record<string, Start> = {
  "relay/main.ts": {
    never: ["shared/topology/schemas.ts"],
    others: [
      "@logtape/logtape",
      "hono",
      "node:buffer",
      "node:crypto",
      "node:dns/promises",
      "node:http",
      "node:net",
      "node:process",
      "node:stream",
      "node:timers",
      "node:util",
      "zod",
    ],
    late: [
      "relay/certificate.ts -> shared/acme/mod.ts",
      "relay/cli.ts -> relay/access/explain.ts",
      "relay/cli.ts -> relay/access/token_tool.ts",
      "relay/cli.ts -> relay/client/client.ts",
      "relay/cli.ts -> relay/doctor/doctor.ts",
      "relay/open_access.ts -> relay/access/steered_gate.ts",
      "relay/open_access.ts -> relay/access/steering.ts",
      "relay/open_access.ts -> relay/access/token_access.ts",
      "relay/open_disk.ts -> relay/disk/deno_files.ts",
      "relay/open_disk.ts -> relay/disk/disk_archive.ts",
      "relay/open_parts.ts -> relay/ingest.ts",
      "relay/open_parts.ts -> relay/media/hls/hls_server.ts",
      "relay/page/mod.ts -> relay/page/libraries/licenses.txt",
      "relay/page/mod.ts -> relay/page/libraries/moq_publish.js",
      "relay/page/mod.ts -> relay/page/libraries/moq_watch.js",
      "relay/page/mod.ts -> relay/page/libraries/qr.js",
      "relay/relay_access.ts -> relay/access/mesh_access.ts",
      "relay/relay_mesh.ts -> relay/control_plane/control_plane.ts",
      "relay/relay_mesh.ts -> relay/upstream/mesh.ts",
      "shared/http/tls_detector.ts -> node:tls",
      "shared/metrics/scrape.ts -> shared/metrics/prometheus.ts",
      "shared/runtime/config_file.ts -> shared/runtime/config_tree.ts",
      "shared/runtime/exporting.ts -> shared/runtime/tracing_exporter.ts",
      "shared/runtime/health_check.ts -> shared/runtime/own_answer.ts",
    ],
  },
  "sdn/main.ts": {
    never: [],
    others: [
      "@logtape/logtape",
      "hono",
      "node:buffer",
      "node:crypto",
      "node:http",
      "node:process",
      "node:sqlite",
      "node:stream",
      "node:timers",
      "node:util",
      "node:zlib",
      "zod",
    ],
    late: [
      "sdn/certificate.ts -> shared/acme/mod.ts",
      "sdn/cli.ts -> sdn/client/client.ts",
      "sdn/http/app.ts -> sdn/http/openapi.ts",
      "shared/http/tls_detector.ts -> node:tls",
      "shared/metrics/scrape.ts -> shared/metrics/prometheus.ts",
      "shared/runtime/config_file.ts -> shared/runtime/config_tree.ts",
      "shared/runtime/exporting.ts -> shared/runtime/tracing_exporter.ts",
      "shared/runtime/health_check.ts -> shared/runtime/own_answer.ts",
    ],
  },
};

const PROJECT = new ModuleGraph(await readProjectFiles());

for (const [entry, { others, late, never }] of Object.entries(AT_START)) {
  Deno.test(`${entry} loads nothing at its start that it does not need to be ready`, () => {
    const loaded = loadedAtStart(PROJECT, entry);
    assert.deepEqual([...loaded.others].sort(), others);
    assert.deepEqual([...loaded.late].sort(), late);
    const eager = late.filter((line) => loaded.files.has(line.split(" -> ")[1]!));
    assert.deepEqual(eager, []);
    assert.deepEqual(never.filter((file) => loaded.files.has(file)), []);
  });
}

Deno.test("COSE is loaded for a relay that takes CAT, and for no other", () => {
  for (const entry of ["relay/access/token_access.ts", "relay/access/explain.ts"]) {
    const { others, late } = loadedAtStart(PROJECT, entry);
    assert.deepEqual([others.has("@auth0/cose"), others.has("cborg")], [false, false], entry);
    assert.ok(late.has("relay/access/cat/open_cat.ts -> relay/access/cat/cat_verifier.ts"));
  }
  assert.ok(loadedAtStart(PROJECT, "relay/access/cat/cat_verifier.ts").others.has("@auth0/cose"));
});

Deno.test("acme-client is loaded when a certificate is ordered, and not for one that is stored", () => {
  const { others, late } = loadedAtStart(PROJECT, "shared/acme/mod.ts");
  assert.equal(others.has("acme-client"), false);
  assert.ok(late.has("shared/acme/acme_certificates.ts -> shared/acme/order.ts"));
  assert.ok(loadedAtStart(PROJECT, "shared/acme/order.ts").others.has("acme-client"));
});

Deno.test("loadedAtStart() sees an import through others, and neither types nor late ones", () => {
  const files = {
    "a.ts": `import { b } from "./b.ts"; import type { C } from "./c.ts"; import "node:net";`,
    "b.ts": `export { d } from "./d.ts"; const f = () => import("./e.ts");`,
    "c.ts": `import "yaml";`,
    "d.ts": `import { type T, parse } from "zod";`,
    "e.ts": `import "hono";`,
  };
  const loaded = loadedAtStart(new ModuleGraph(new Map(Object.entries(files))), "a.ts");
  assert.deepEqual([...loaded.files], ["a.ts", "b.ts", "d.ts"]);
  assert.deepEqual([...loaded.others], ["zod", "node:net"]);
  assert.deepEqual([...loaded.late], ["b.ts -> e.ts"]);
});
