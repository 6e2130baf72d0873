import assert from "node:assert/strict";
import { HookClient } from "../../relay/access/hook/hook_client.ts";
import { MAX_HOOK_ANSWER_BYTES, MAX_HOOK_LIFETIME_MS } from "../../relay/access/limits.ts";
import { type HttpsServer, startHttpsServer } from "../support/peers/https_server.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";

const QUESTION = {
  path: "/demo",
  token: "opaque",
  remote_address: "192.0.2.1",
  dialect: "moqt-20",
};
const GOOD = { root: "demo", put: ["a"], get: "", sub: "alice", lifetime: 60 };

function clientOf(server: HttpsServer, word?: string) {
  const clock = new ManualClock();
  const { url, fetch } = server;
  const client = new HookClient({ url, fetch, clock, timeoutMs: 3_000, secret: () => word });
  return { clock, client };
}

Deno.test("a hook is asked by POST with what the peer showed, and with the relay's secret", async () => {
  const seen: unknown[] = [];
  await using server = await startHttpsServer(async (request) => {
    const { method, headers } = request;
    seen.push(method, headers.get("authorization"), headers.get("content-type"));
    seen.push(await request.json());
    return Response.json(GOOD);
  });
  const { client } = clientOf(server, "s3cret");
  const answer = await client.ask(QUESTION);
  assert.deepEqual(seen, ["POST", "Bearer s3cret", "application/json", QUESTION]);
  assert.ok(answer.kind === "allowed");
  assert.equal(answer.allowed.lifetimeMs, 60_000);
  assert.equal(answer.allowed.holder.subject, "alice");
  assert.equal(answer.allowed.rules.publish.length, 1);
});

for (const status of [401, 403]) {
  Deno.test(`a hook that answers with ${status} refuses, whatever else it says`, async () => {
    await using server = await startHttpsServer(() => Response.json(GOOD, { status }));
    assert.equal((await clientOf(server).client.ask(QUESTION)).kind, "refused");
  });
}

const text = (body: BodyInit) => () => new Response(body);
const json = (value: unknown) => () => Response.json(value);
const endless = () =>
  new Response(
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(0x20)),
    }),
  );
const torn = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"lifetime":60,"get":""'));
        controller.error(new Error("torn"));
      },
    }),
  );

const BROKEN: [what: string, answer: (request: Request) => Response][] = [
  ["nothing", text("")],
  ["no JSON", text("yes")],
  ["half of it", text(JSON.stringify(GOOD).slice(0, -1))],
  ["bytes that are no text", text(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d))],
  ["deep JSON", text("[".repeat(60_000))],
  ["a number", json(1)],
  ["true", json(true)],
  ["null", json(null)],
  ["a list", json([GOOD])],
  ["too much", text(JSON.stringify({ ...GOOD, more: "x".repeat(MAX_HOOK_ANSWER_BYTES) }))],
  ["an endless body", endless],
  ["a body that breaks off", torn],
  ["no lifetime", json({ get: "" })],
  ["a lifetime of nothing", json({ ...GOOD, lifetime: 0 })],
  ["a lifetime that was", json({ ...GOOD, lifetime: -60 })],
  ["a lifetime as text", json({ ...GOOD, lifetime: "60" })],
  ["a lifetime without end", text('{"get":"","lifetime":1e999}')],
  ["claims that allow nothing", json({ lifetime: 60 })],
  ["paths that are none", json({ ...GOOD, get: { all: true } })],
  ["paths of numbers", json({ ...GOOD, get: [1] })],
  ["an end that is no time", json({ ...GOOD, exp: "tomorrow" })],
  ["limits that are none", json({ ...GOOD, limits: { fetches: -1 } })],
  ["a relay that is no yes", json({ ...GOOD, cluster: "yes" })],
  ["204", () => new Response(null, { status: 204 })],
  ["201 with claims", () => Response.json(GOOD, { status: 201 })],
  ["404", () => Response.json(GOOD, { status: 404 })],
  ["500 with claims", () => Response.json(GOOD, { status: 500 })],
  [
    "the way to somebody else",
    ({ url }) => url.endsWith("else") ? Response.json(GOOD) : Response.redirect(`${url}else`, 307),
  ],
];
for (const [what, answer] of BROKEN) {
  Deno.test(`a hook that answers with ${what} lets nobody in`, async () => {
    await using server = await startHttpsServer(answer);
    assert.equal((await clientOf(server).client.ask(QUESTION)).kind, "failed");
  });
}

const FAULTS: [what: string, answer: (request: Request) => Response, isOfQuestion: boolean][] = [
  ["404", () => new Response(null, { status: 404 }), true],
  ["400", () => new Response(null, { status: 400 }), true],
  ["a page to log in at", () => Response.redirect("https://login.example/", 302), true],
  ["claims that allow nothing", json({ lifetime: 60 }), true],
  ["500", () => new Response(null, { status: 500 }), false],
  ["429", () => new Response(null, { status: 429 }), false],
  ["408", () => new Response(null, { status: 408 }), false],
];
for (const [what, give, isOfQuestion] of FAULTS) {
  const which = isOfQuestion ? "a fault of the token alone" : "a fault of the hook";
  Deno.test(`a hook's answer of ${what} is ${which}`, async () => {
    await using server = await startHttpsServer(give);
    const answer = await clientOf(server).client.ask(QUESTION);
    assert.equal(answer.kind === "failed" && answer.isOfQuestion, isOfQuestion);
  });
}

Deno.test("a hook that does not answer in time lets nobody in", async () => {
  const asked = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  await using server = await startHttpsServer(async () => {
    asked.resolve();
    await end.promise;
    return Response.json(GOOD);
  });
  const { client, clock } = clientOf(server);
  const answer = client.ask(QUESTION);
  await asked.promise;
  await clock.advance(3_000);
  assert.deepEqual(await answer, {
    kind: "failed",
    reason: "no answer in time",
    isOfQuestion: false,
  });
  end.resolve();
});

Deno.test("a hook that is not there, or is somebody else, lets nobody in", async () => {
  await using server = await startHttpsServer(json(GOOD));
  await using other = await startHttpsServer(json(GOOD));
  const clock = new ManualClock();
  const stranger = { url: server.url, fetch: other.fetch, clock, timeoutMs: 1, secret: () => "s" };
  const answer = await new HookClient(stranger).ask(QUESTION);
  assert.match(answer.kind === "failed" ? answer.reason : "", /certificate/i);
  await server.stop();
  assert.equal((await clientOf(server).client.ask(QUESTION)).kind, "failed");
  server.start();
});

Deno.test("what a hook allows for ever is asked for again after a day", async () => {
  await using server = await startHttpsServer(json({ ...GOOD, lifetime: 1e9 }));
  const answer = await clientOf(server).client.ask(QUESTION);
  assert.equal(answer.kind === "allowed" && answer.allowed.lifetimeMs, MAX_HOOK_LIFETIME_MS);
});
