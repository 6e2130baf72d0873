import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { dashboardFiles } from "../../sdn/dashboard/mod.ts";
import { errorAnswer } from "../../sdn/http/openapi.ts";
import { HISTORY_STEP_MS } from "../../sdn/history/mod.ts";
import { testController } from "../support/worlds/sdn_controller.ts";

const methods = fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS");
const segment = fc.oneof(
  fc.constantFrom(
    "a",
    "relay",
    "drain",
    "lookup",
    "%2F",
    "%00",
    "%FF",
    "..",
    "%2e%2e",
    "__proto__",
  ),
  fc.string({ unit: "binary", maxLength: 6 }).map((text) =>
    encodeURIComponent(text.toWellFormed())
  ),
  fc.string({ maxLength: 300 }).map(encodeURIComponent),
);
const path = fc.tuple(
  fc.constantFrom(
    "relay",
    "route",
    "routes",
    "graph",
    "flows",
    "mesh",
    "revoke",
    "policy",
    "kick",
    "announce",
    "assign",
    "watch",
    "health",
    "x",
  ),
  fc.array(segment, { maxLength: 4 }),
).map(([first, rest]) => `/${[first, ...rest].join("/")}`);
const names = fc.constantFrom(
  "from",
  "to",
  "k",
  "since",
  "wait",
  "prefix",
  "limit",
  "after",
  "track",
  "relay",
  "scope",
  "probe",
);
const values = fc.oneof(
  fc.constantFrom("a", "-1", "1e9", "999999999999999999", "true", "W10", "routes:", "__proto__"),
  fc.string({ maxLength: 10 }),
);
const query = fc.array(fc.tuple(names, values), { maxLength: 4 })
  .map((pairs) => pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&"));
const registration = fc.record({
  region: fc.jsonValue(),
  address: fc.jsonValue(),
  neighbors: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
  links: fc.dictionary(
    fc.string(),
    fc.record({ cost: fc.jsonValue(), up: fc.jsonValue() }, { requiredKeys: [] }),
  ),
  epoch: fc.oneof(fc.double(), fc.maxSafeInteger()),
  seq: fc.oneof(fc.double(), fc.maxSafeInteger()),
  announces: fc.oneof(fc.jsonValue(), fc.array(fc.string())),
  flows: fc.oneof(fc.jsonValue(), fc.array(fc.record({ track: fc.string(), source: fc.string() }))),
  relay: fc.jsonValue(),
  broadcast_path: fc.jsonValue(),
  states: fc.jsonValue(),
  leases: fc.array(fc.record({ name: fc.string(), epoch: fc.nat(), beat: fc.nat() })),
  nodes: fc.array(fc.record({ id: fc.string(), address: fc.string() })),
  adjacency: fc.jsonValue(),
}, { requiredKeys: [] }).map((value) => JSON.stringify(value));
const body = fc.oneof(
  registration,
  fc.json(),
  fc.string(),
  fc.constantFrom(
    "[".repeat(50_000),
    '{"a":'.repeat(20_000),
    "\ufeff{}",
    '{"neighbors":{"a":1e999}}',
  ),
).map((text) => new TextEncoder().encode(text));
const request = fc.record({
  method: methods,
  path,
  query,
  body: fc.oneof({ weight: 4, arbitrary: body }, fc.uint8Array({ maxLength: 40 })),
  match: fc.option(fc.constantFrom("*", '"1"', '"x"', 'W/"1"', "1"), { nil: undefined }),
});

Deno.test("no request, whatever it is, is a fault, goes unexplained, or costs a registration", async () => {
  const subject = await testController();
  const { ask, faults } = subject;
  await ask("PUT", "/relay/keep", { region: "eu", announces: ["kept"] });
  await checkProperty(
    fc.asyncProperty(request, async ({ method, path, query, body, match }) => {
      const hasBody = method !== "GET";
      const url = `/${path.slice(1)}?${query}`;
      const response = await subject.request(url, {
        method,
        ...(hasBody && { body: body as Uint8Array<ArrayBuffer> }),
        headers: { ...(match && { "if-match": match }) },
      });
      assert.ok(response.status < 500, `${method} ${url}: ${response.status}`);
      if (response.headers.get("content-type") === "text/event-stream") {
        await response.body?.cancel();
      } else if (response.status >= 400) {
        const told = errorAnswer.parse(await response.json());
        assert.ok(told.error.length > 0);
      } else await response.text();
      assert.deepEqual(faults(), []);
      const kept = await ask("GET", "/relay/keep");
      assert.deepEqual([kept.status, kept.body.announces], [200, 1]);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("the documented answers are those that the server gives", async () => {
  const { ask, clock } = await testController();
  const { body: document } = await ask("GET", "/openapi.json");
  assert.equal(document.openapi, "3.1.0");
  const neighbors = { b: 1, c: 2 };
  const order = { kind: "subject", value: "mallory", reason: "left" };
  const { body: { id } } = await ask("POST", "/revoke", order);
  const steps: [method: string, path: string, url: string, body?: unknown][] = [
    ["put", "/relay/{name}", "/relay/a", { region: "eu", address: "https://a:1", neighbors }],
    ["put", "/relay/{name}", "/relay/b", {
      epoch: 1,
      seq: 1,
      links: { c: { cost: 1, rtt_ms: 2, loss: 0.1 } },
      load: { cpu: 0.5, sessions: 1 },
      certificate_sha256: "0".repeat(64),
      announces: ["x/y"],
      flows: [{ track: "x/~/z", next_hop: "a", source: "c" }],
    }],
    ["put", "/relay/{name}", "/relay/c", {}],
    ["get", "/relay", "/relay"],
    ["get", "/relay/{name}", "/relay/b"],
    ["post", "/relay/{name}/drain", "/relay/b/drain"],
    ["post", "/relay/{name}/undrain", "/relay/b/undrain"],
    ["post", "/mesh/identity/{name}", "/mesh/identity/a", {
      key: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) },
    }],
    ["post", "/revoke", "/revoke", order],
    ["get", "/revoke", "/revoke?limit=1"],
    ["delete", "/revoke/{id}", `/revoke/${id}`],
    ["put", "/policy/{tenant}", "/policy/acme", { sessions: 2, egress_bps: 1e6, regions: ["eu"] }],
    ["get", "/policy/{tenant}", "/policy/acme"],
    ["get", "/policy", "/policy"],
    ["put", "/sync/access", "/sync/access", { all: true }],
    ["delete", "/policy/{tenant}", "/policy/acme"],
    ["post", "/kick", "/kick", order],
    ["put", "/announce/{track}", "/announce/z", { relay: "a" }],
    ["get", "/announce", "/announce?limit=1"],
    ["get", "/announce/lookup", "/announce/lookup?track=x/y&from=a"],
    ["get", "/route", "/route?from=a&to=c&k=2&explain=1"],
    ["get", "/flows", "/flows"],
    ["get", "/routes/{relay}", "/routes/a"],
    ["get", "/graph", "/graph"],
    ["get", "/assign", "/assign?region=eu&track=x/y"],
    ["get", "/health", "/health"],
    ["get", "/whoami", "/whoami"],
    ["get", "/events", "/events?limit=5"],
    ["get", "/history", "/history?relay=b"],
    ["get", "/sync", "/sync"],
    ["put", "/sync", "/sync", { want: ["a", "b"] }],
    ["post", "/sync/digest", "/sync/digest", { buckets: Array(256).fill("") }],
    ["delete", "/announce/{track}", "/announce/z?relay=a"],
    ["delete", "/relay/{name}", "/relay/b"],
  ];
  const documented = Object.entries(document.paths as Record<string, Record<string, unknown>>)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  // Texts, streams, and what needs one that is open.
  const others = ["get /watch", "post /watch", "put /watch/{watcher}", "get /metrics"];
  const pages = dashboardFiles.map(({ path }) => `get ${path}`);
  const tried = steps.map(([method, path]) => `${method} ${path}`);
  assert.deepEqual(new Set([...tried, ...others, ...pages]), new Set(documented));
  for (const [method, path, url, body] of steps) {
    if (path === "/history") await clock.advance(HISTORY_STEP_MS);
    const answer = await ask(method.toUpperCase(), url, body);
    assert.equal(answer.status, 200, `${method} ${url}`);
    const schema = document.paths[path][method].responses[200].content["application/json"].schema;
    const faults = faultsAgainst(answer.body, schema, document.components.schemas);
    assert.deepEqual(faults, [], `${method} ${url}`);
  }
});

// deno-lint-ignore no-explicit-any -- a JSON Schema is looked at as it is
type Schema = any;

/** Where a value differs from a JSON Schema: as much of JSON Schema as the document uses. */
function faultsAgainst(value: unknown, schema: Schema, known: Record<string, Schema>): string[] {
  if (schema.$ref) return faultsAgainst(value, known[schema.$ref.split("/").at(-1)], known);
  if (schema.allOf) return schema.allOf.flatMap((one: Schema) => faultsAgainst(value, one, known));
  if (schema.enum && !schema.enum.includes(value)) return [`${value} is none of ${schema.enum}`];
  if ("const" in schema && value !== schema.const) return [`${value} is not ${schema.const}`];
  if (Array.isArray(schema.type)) {
    const each = schema.type.map((type: string) =>
      faultsAgainst(value, { ...schema, type }, known)
    );
    return each.find((faults: string[]) => faults.length === 0) ?? each[0];
  }
  switch (schema.type) {
    case "null":
      return value === null ? [] : [`${value} is not null`];
    case "string":
      return typeof value === "string" ? [] : [`${value} is no string`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${value} is no boolean`];
    case "integer":
      return Number.isInteger(value) ? [] : [`${value} is no integer`];
    case "number":
      return typeof value === "number" ? [] : [`${value} is no number`];
    case "array":
      return Array.isArray(value)
        ? value.flatMap((item, i) =>
          faultsAgainst(item, schema.prefixItems?.[i] ?? schema.items, known)
        )
        : [`${value} is no array`];
    case "object": {
      if (typeof value !== "object" || value === null) return [`${value} is no object`];
      const properties = schema.properties ?? {};
      const missing = (schema.required ?? []).filter((key: string) => !(key in value));
      return [
        ...missing.map((key: string) => `${key} is missing`),
        ...Object.entries(value).flatMap(([key, inner]) => {
          const one = properties[key] ?? schema.additionalProperties;
          // What controllers tell each other is documented as a whole.
          if (one === true) return [];
          if (!one) return [`${key} is not documented`];
          return faultsAgainst(inner, one, known).map((fault) => `${key}: ${fault}`);
        }),
      ];
    }
    default:
      return [`a schema of type ${schema.type} is not understood here`];
  }
}
