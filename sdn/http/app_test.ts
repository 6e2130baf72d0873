import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { refused } from "@qumo/shared/runtime";
import { refusal } from "@qumo/shared/topology";
import {
  type Ask,
  registerDemo,
  testController,
} from "../../tests/support/worlds/sdn_controller.ts";
import { DEFAULTS } from "../config/definition.ts";
import { tokenAccess } from "./auth.ts";

/** The requests that were answered, by the log. */
const requestsIn = (lines: Awaited<ReturnType<typeof testController>>["lines"]) =>
  lines.filter(({ text }) => text === "debug: request").map(({ fields }) => fields);

Deno.test("a method that a path does not have is refused with those that it has", async () => {
  const { ask } = await testController();
  const { status, headers, body } = await ask("POST", "/relay/a", {});
  assert.deepEqual([status, body.code], [405, "method_not_allowed"]);
  assert.equal(headers.get("allow"), "DELETE, GET, HEAD, PUT");
  assert.equal((await ask("PUT", "/graph", {})).headers.get("allow"), "GET, HEAD");
  assert.equal((await ask("GET", "/nothing")).body.code, "not_found");
});

Deno.test("what is wrong with a request is said with its place", async () => {
  const { ask, faults } = await testController();
  const error = async (...request: Parameters<Ask>) => {
    const { status, body } = await ask(...request);
    return `${status} ${body.code}: ${body.error}`;
  };
  assert.match(await error("PUT", "/relay/a", "{"), /^400 bad_request: invalid JSON: /);
  assert.match(await error("PUT", "/relay/a", { x: 1 }), /400 bad_request: body: .*"x"/);
  assert.match(await error("PUT", "/relay/a", { neighbors: { b: "1" } }), /body\.neighbors\.b: /);
  assert.match(await error("PUT", "/relay/a", '{"neighbors":{"__proto__":1}}'), /__proto__/);
  assert.match(await error("PUT", "/relay/%FF", {}), /400 bad_request: .*percent-encoded/);
  assert.match(await error("PUT", "/relay/__proto__", {}), /400 bad_request: The relay's name/);
  assert.match(await error("GET", "/route?from=a&to=b&k=x"), /query\.k: /);
  assert.match(await error("GET", "/route?from=a&from=b&to=c"), /from is given more than once/);
  assert.match(await error("GET", "/graph?color=1"), /400 bad_request: query: .*color/);
  assert.match(await error("PUT", "/relay/a", "x".repeat(9e6)), /413 too_large: /);
  assert.match(await error("PUT", "/announce/x", "y".repeat(70_000)), /413 too_large: /);
  assert.deepEqual(faults(), []);
});

Deno.test("tokens give roles, and a token for one relay speaks for that one alone", async () => {
  const token = (text: string, role: "read" | "relay" | "admin", relay?: string) => ({
    sha256: createHash("sha256").update(text).digest(),
    role,
    ...(relay && { relay }),
  });
  const authenticate = tokenAccess([
    token("reader", "read"),
    token("tokyo-token", "relay", "tokyo"),
    token("boss", "admin"),
  ]);
  const { ask } = await testController({ live: { authenticate } });
  const as = (name: string) => ({ authorization: `Bearer ${name}` });
  const status = async (...request: Parameters<Ask>) => (await ask(...request)).status;
  const nobody = await ask("GET", "/graph");
  assert.deepEqual([nobody.status, nobody.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.equal(await status("GET", "/graph", undefined, as("wrong")), 401);
  assert.equal(await status("GET", "/graph", undefined, as("reader")), 200);
  assert.equal(await status("PUT", "/relay/tokyo", {}, as("reader")), 403);
  assert.equal(await status("PUT", "/relay/tokyo", {}, as("tokyo-token")), 200);
  assert.equal(await status("PUT", "/relay/london", {}, as("tokyo-token")), 403);
  assert.equal(await status("PUT", "/announce/x", { relay: "tokyo" }, as("tokyo-token")), 200);
  assert.equal(await status("PUT", "/announce/x", { relay: "london" }, as("tokyo-token")), 403);
  assert.equal(await status("PUT", "/announce/london/x", undefined, as("tokyo-token")), 403);
  assert.equal(
    await status("DELETE", "/announce/x?relay=london", undefined, as("tokyo-token")),
    403,
  );
  assert.equal(await status("POST", "/relay/tokyo/drain", undefined, as("tokyo-token")), 403);
  assert.equal(await status("POST", "/relay/tokyo/drain", undefined, as("boss")), 200);
  assert.equal(await status("PUT", "/relay/london", {}, as("boss")), 200);
  assert.equal(await status("GET", "/health"), 200);
});

Deno.test("a client that asks too often is refused until it has waited", async () => {
  const { ask, clock } = await testController({
    live: { rateLimit: () => ({ perSecond: 1, burst: 2 }) },
  });
  const status = async () => (await ask("GET", "/graph")).status;
  assert.deepEqual([await status(), await status(), await status()], [200, 200, 429]);
  await clock.advance(1000);
  assert.deepEqual([await status(), await status()], [200, 429]);
});

Deno.test("a client that is refused for want of room is told when to come again", async () => {
  const { ask } = await testController({
    live: { rateLimit: () => ({ perSecond: 0.1, burst: 1 }) },
  });
  const retryAfter = async () => (await ask("GET", "/graph")).headers.get("retry-after");
  assert.deepEqual([await retryAfter(), await retryAfter()], [null, "10"]);
});

Deno.test("health, metrics and the headers that every answer has", async () => {
  const { ask, lines } = await testController();
  await registerDemo(ask);
  const { body, headers } = await ask("GET", "/health");
  assert.deepEqual(body, {
    status: "ok",
    live: true,
    ready: true,
    revision: 3,
    relays: 3,
    announces: 0,
  });
  assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  const metrics = (await ask("GET", "/metrics")).body;
  assert.match(metrics, /qumo_sdn_relays\{state="registered"\} 3/);
  assert.match(metrics, /qumo_sdn_revision 3/);
  assert.deepEqual(requestsIn(lines)[0], {
    method: "PUT",
    path: "/relay/:name",
    status: 200,
    milliseconds: 0,
  });
});

Deno.test("a body that does not come in time is refused, whether it said its length or not", async () => {
  for (const headers of [{}, { "content-length": "100" }]) {
    const { request, clock, faults } = await testController();
    const others = clock.pending;
    const gone = Promise.withResolvers<void>();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
      cancel: () => gone.resolve(),
    });
    const answer = request("/relay/a", { method: "PUT", body, headers });
    await clock.advance(DEFAULTS.server.bodyTimeoutMs - 1);
    assert.equal(clock.pending, others + 1);
    await clock.advance(1);
    const response = await answer;
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error, "The body took too long");
    assert.equal(clock.pending, others);
    assert.deepEqual(faults(), []);
  }
});

Deno.test("what else a client asks does not keep its relays from beating", async () => {
  const { ask } = await testController({ live: { rateLimit: () => ({ perSecond: 1, burst: 3 }) } });
  for (let asked = 0; asked < 3; asked++) assert.equal((await ask("GET", "/graph")).status, 200);
  assert.equal((await ask("GET", "/graph")).status, 429);
  assert.equal((await ask("PUT", "/relay/a", {})).status, 200);
});

Deno.test("a body costs a client what it takes to read", async () => {
  const { ask } = await testController({
    live: { rateLimit: () => ({ perSecond: 1, burst: 10 }) },
  });
  const body = JSON.stringify({ region: "x", announces: Array(2000).fill("y".repeat(100)) });
  assert.equal((await ask("PUT", "/relay/a", body)).status, 200);
  assert.equal((await ask("PUT", "/relay/a", body)).status, 429);
});

Deno.test("what is refused at a limit is told of, with who asked and for what", async () => {
  const { ask, lines } = await testController();
  const announces = Array.from({ length: 5000 }, (_, at) => `${at}`.padEnd(900, "x"));
  const { status, body } = await ask("PUT", "/relay/a", { announces });
  assert.deepEqual([status, body.code], [429, "limit_reached"]);
  const said = lines.map(({ text }) => text).filter((text) => text.includes("limit reached"));
  assert.equal(said.length, 1);
});
Deno.test("methods and paths that clients make up are one word in metrics, log and events", async () => {
  const { request, ask, lines, events } = await testController({
    live: { authenticate: () => refused(refusal("unauthorized", "The token is not known")) },
  });
  const authorization = "Bearer nobody's";
  for (let number = 0; number < 500; number++) {
    const method = `M${"x".repeat(2000)}${number}`;
    await request(`/made/up/${number}`, { method, headers: { authorization } });
    await ask("GET", `/relay/${number}`, undefined, { authorization });
  }
  const words = new Set(requestsIn(lines).map(({ method, path }) => `${method} ${path}`));
  assert.deepEqual([...words], ["other none", "GET /relay/:name"]);
  const refusals = events.page(undefined, 100).events.filter(({ kind }) =>
    kind === "tokens_refused"
  );
  assert.ok(refusals.every(({ detail }) => words.has(detail ?? "")));
});
