import assert from "node:assert/strict";
import { messageOf } from "@qumo/shared/runtime";
import { type Answer, ScriptedAuthority } from "../../tests/support/worlds/acme_authority.ts";
import { until } from "../../tests/support/until.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { AcmeError } from "./acme_error.ts";
import { Challenges } from "./challenges.ts";
import { ACME_TIMEOUT_MS, MAX_ANSWER_CHARACTERS, MAX_POLL_MS } from "./limits.ts";
import { newKey, orderCertificate } from "./order.ts";

const BASE = "https://authority.test";
const DOMAINS = ["relay.example", "www.relay.example"];

/** An authority that answers as it should, but for some paths. */
async function world(answers: Record<string, Answer> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const challenges = new Challenges();
  const authority = new ScriptedAuthority(clock, challenges, answers);
  const abort = new AbortController();
  const accountKey = await newKey();
  const order = () =>
    orderCertificate({
      domains: DOMAINS,
      email: "",
      directoryUrl: authority.directoryUrl,
      accountKey,
      challenges,
      fetch: authority.fetch,
      clock,
      signal: abort.signal,
    });
  return { authority, asked: authority.asked, clock, abort, order };
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return () => Response.json(body, { status, headers: { "replay-nonce": "n", ...headers } });
}

/** What a request is answered with that ends only when it is given up. */
const silence: Answer = (_, { signal }) =>
  new Promise((_resolve, reject) =>
    signal!.addEventListener("abort", () => reject(signal!.reason))
  );

/** Says something now and then, and never all. */
const drip: Answer = (_, { signal }) =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(1));
        signal!.addEventListener("abort", () => controller.error(signal!.reason));
      },
    }),
  );

const ORDER = {
  status: "pending",
  authorizations: [`${BASE}/authorization/0`],
  finalize: `${BASE}/finalize`,
};
const made = (order: unknown) => json(order, 201, { location: `${BASE}/order/1` });

/** What an authority may do, and how an order ends then. */
const HOSTILE: Record<string, readonly [string, Answer, RegExp]> = {
  "a directory that is a page": ["/directory", () => new Response("<html>"), /newAccount/],
  "a directory that is null": ["/directory", json(null), /directory returned no data/],
  "a directory of what are no URLs": [
    "/directory",
    json({ newNonce: 7, newAccount: {} }),
    /it names 7, which is no URL with https/,
  ],
  "a directory that leads to files": [
    "/directory",
    json({ newNonce: "file:///etc/passwd", newAccount: "file:///etc/passwd" }),
    /it names file:\/\/\/etc\/passwd, which/,
  ],
  "a directory that leads to plain HTTP": [
    "/directory",
    json({ newNonce: "http://127.0.0.1/", newAccount: "http://127.0.0.1/" }),
    /it names http:\/\/127.0.0.1\/, which/,
  ],
  "a directory elsewhere": [
    "/directory",
    (_, { redirect }) => {
      if (redirect !== "manual") return new Response("what is elsewhere");
      return new Response(null, { status: 302, headers: { location: "https://other.test/" } });
    },
    /it answered 302 and leads to https:\/\/other.test\/, where nothing is asked/,
  ],
  "no nonce": ["/nonce", () => new Response(null), /nonce/],
  "an account that is nowhere": ["/account", json({}, 200), /it never comes to an end/],
  "an order that is nowhere": ["/order", json(ORDER, 201), /did not return an order link/],
  "an order that is null": ["/order", made(null), /its answer is not understood/],
  "an order that is a sentence": ["/order", made("no"), /its answer is not understood/],
  "an order of too many authorizations": [
    "/order",
    made({ ...ORDER, authorizations: Array(101).fill(`${BASE}/authorization/0`) }),
    /its answer is not understood.*authorizations/s,
  ],
  "an order of authorizations that are numbers": [
    "/order",
    made({ ...ORDER, authorizations: [1] }),
    /its answer is not understood.*authorizations/s,
  ],
  "an authorization of nothing": [
    "/authorization/0",
    json({}),
    /its answer is not understood.*identifier/s,
  ],
  "an authorization without http-01": [
    "/authorization/0",
    json({
      status: "pending",
      identifier: { type: "dns", value: "relay.example" },
      challenges: [],
    }),
    /relay.example cannot be proved by http-01/,
  ],
  "a token that leads out of its folder": [
    "/authorization/0",
    json({
      status: "pending",
      identifier: { type: "dns", value: "relay.example" },
      challenges: [{ type: "http-01", url: `${BASE}/challenge/0`, token: "../x" }],
    }),
    /relay.example cannot be proved by http-01/,
  ],
  "a certificate that is none": ["/certificate", json({ a: 1 }), /its answer is not understood/],
  "a refusal without a word": [
    "/order",
    () => new Response("x", { status: 503 }),
    /^it answered 503$/,
  ],
  "a refusal of wrong types": ["/order", json({ type: 1, detail: [] }, 403), /^it answered 403$/],
  "nonces that are never good": [
    "/order",
    json({ type: "urn:ietf:params:acme:error:badNonce", detail: "stale" }, 400),
    /^stale$/,
  ],
};

for (const [name, [path, answer, reason]] of Object.entries(HOSTILE)) {
  Deno.test(`orderCertificate() ends with a sentence at ${name}`, async () => {
    const { clock, order } = await world({ [path]: answer });
    await assert.rejects(order(), (error) => {
      assert.match(messageOf(error), reason);
      assert.ok(!(error instanceof TypeError));
      return true;
    });
    assert.equal(clock.pending, 0);
  });
}

for (const [name, answer] of Object.entries({ silence, drip })) {
  Deno.test(`orderCertificate() gives up an authority of which comes ${name}`, async () => {
    const { clock, order, asked } = await world({ "/order": answer });
    const failure = assert.rejects(order(), { message: "no answer in time" });
    await until("the request", () => asked.includes("/order"));
    await clock.advance(ACME_TIMEOUT_MS);
    await failure;
    assert.equal(clock.pending, 0);
  });
}

Deno.test("orderCertificate() reads no more of an answer than it may have", async () => {
  let sent = 0;
  let isCancelled = false;
  const endless = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
      sent += 65_536;
    },
    cancel: () => void (isCancelled = true),
  });
  const { order } = await world({ "/directory": () => new Response(endless) });
  await assert.rejects(order(), { message: "its answer is too long" });
  assert.ok(sent < 2 * MAX_ANSWER_CHARACTERS + 2 * 65_536, String(sent));
  assert.equal(isCancelled, true);
});

Deno.test("orderCertificate() asks again when the authority wants, and for no longer than it may", async () => {
  const waits = ["7", "100000", undefined];
  const times: number[] = [];
  const { authority, clock, order } = await world({
    "/order/1": async (url, init) => {
      const answer = await authority.regular(url, init);
      const state = await answer.json();
      times.push(clock.now());
      if (times.length > waits.length) return Response.json(state, answer);
      const wait = waits[times.length - 1];
      const headers = new Headers(answer.headers);
      if (wait === undefined) headers.delete("retry-after");
      else headers.set("retry-after", wait);
      return Response.json({ ...state, status: "pending" }, { headers });
    },
  });
  let isDone = false;
  const done = order().finally(() => isDone = true);
  await until("a certificate", async () => {
    await clock.advance(1000);
    return isDone;
  });
  assert.match((await done).certificate, /BEGIN CERTIFICATE/);
  const [first, ...later] = times;
  const after = later.map((time) => time - first!);
  assert.ok(after[0]! >= 7_000 && after[1]! >= after[0]! + MAX_POLL_MS, String(after));
  assert.ok(after[1]! < 100_000, String(after));
});

Deno.test("orderCertificate() ends with the program while it waits, and leaves nothing behind", async () => {
  const { clock, abort, asked, order } = await world({
    "/authorization/0": json({
      status: "pending",
      identifier: { type: "dns", value: "relay.example" },
      challenges: [{ type: "http-01", url: `${BASE}/challenge/0`, token: "token-0-0" }],
    }),
  });
  const failure = assert.rejects(order());
  await until("a second look", () => asked.filter((path) => path.startsWith("/auth")).length === 2);
  await until("the wait", () => clock.pending === 1);
  abort.abort();
  await failure;
  assert.equal(clock.pending, 0);
});

Deno.test("orderCertificate() says when the authority wants to be left alone, and asks nothing again", async () => {
  const { asked, order } = await world({
    "/order": json({ detail: "slow" }, 429, { "retry-after": "9" }),
  });
  await assert.rejects(order(), (error) => {
    assert.ok(error instanceof AcmeError);
    assert.deepEqual([error.message, error.retryAfterMs], ["slow", 9_000]);
    return true;
  });
  assert.equal(asked.filter((path) => path === "/order").length, 1);
});

Deno.test("orderCertificate() tells an account that is known of a new address", async () => {
  const { authority, order } = await world();
  await order();
  assert.deepEqual(authority.contacts, [[]]);
  await order();
  assert.deepEqual(authority.contacts, [[], [], []]);
});

Deno.test("two orders at once use each its own network", async () => {
  const worlds = await Promise.all([world(), world({ "/order": json({ detail: "no" }, 403) })]);
  const [one, other] = await Promise.allSettled(worlds.map(({ order }) => order()));
  assert.equal(one!.status, "fulfilled");
  assert.equal(other!.status, "rejected");
  assert.equal(worlds[0]!.authority.issued, 1);
  assert.equal(worlds[1]!.authority.issued, 0);
});
