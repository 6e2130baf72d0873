import { base64url, type JWK, SignJWT } from "jose";
import assert from "node:assert/strict";
import { KeyStore } from "../../relay/access/key_store.ts";
import { KEY_MISS_PAUSE_MS, MAX_KEY_BYTES } from "../../relay/access/limits.ts";
import { Verifier } from "../../relay/access/verifier.ts";
import { Deadline } from "../support/deadline.ts";
import { type HttpsServer, startHttpsServer } from "../support/peers/https_server.ts";
import { until } from "../support/until.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";

const secretOf = (kid: string) => new TextEncoder().encode(kid.padEnd(32, "-"));
const jwkOf = (kid: string): JWK => (
  { kty: "oct", alg: "HS256", kid, k: base64url.encode(secretOf(kid)) }
);
const jwks = (...kids: string[]) => Response.json({ keys: kids.map(jwkOf) });
const tokenOf = (kid: string) =>
  new SignJWT({ get: "" }).setProtectedHeader({ alg: "HS256", kid }).sign(secretOf(kid));

async function worldOf(server: Pick<HttpsServer, "url" | "fetch">, ...paths: string[]) {
  const { log, lines } = memoryLog();
  const clock = new ManualClock();
  const reloads = { ok: 0, refused: 0 };
  const sources = (paths.length === 0 ? ["keys"] : paths).map((path) => server.url + path);
  const files = { readText: () => Promise.reject(new Error("no files here")) };
  const { fetch } = server;
  const parts = { sources, files, fetch, clock, log, reloadMs: 60_000, reloads };
  const store = await KeyStore.open(parts);
  const verifier = new Verifier({
    keys: () => store.current,
    onMiss: () => store.missed(),
    clock,
    clockSkewMs: 0,
  });
  const isGood = async (kid: string) => (await verifier.verify(await tokenOf(kid))).ok;
  return { store, clock, reloads, lines, isGood, [Symbol.dispose]: () => store.close() };
}

Deno.test("a token of a key that was added after the last look is good at once", async () => {
  await using server = await startHttpsServer(() => jwks("old"));
  using world = await worldOf(server);
  assert.equal(await world.isGood("old"), true);
  server.answer = () => jwks("old", "new");
  assert.equal(await world.isGood("new"), true);
  server.answer = () => jwks("new");
  await world.store.reload();
  assert.equal(await world.isGood("old"), false);
  assert.deepEqual(world.reloads, { ok: 2, refused: 0 });
});

Deno.test("tokens that name keys which never were make the relay look once in a while", async () => {
  let looks = 0;
  await using server = await startHttpsServer(() => {
    looks++;
    return jwks("old");
  });
  using world = await worldOf(server);
  for (let round = 1; round <= 3; round++) {
    const tries = Array.from({ length: 50 }, (_, at) => world.isGood(`never${at}`));
    assert.ok(!(await Promise.all(tries)).includes(true));
    assert.equal(looks, 1 + round);
    world.clock.stop(KEY_MISS_PAUSE_MS);
  }
  assert.equal(await world.isGood("old"), true);
});

Deno.test("URLs of keys are read side by side", async () => {
  using deadline = new Deadline();
  const asked = new Set<string>();
  const both = Promise.withResolvers<void>();
  await using server = await startHttpsServer(async ({ url }) => {
    asked.add(url);
    if (asked.size === 2) both.resolve();
    await deadline.for("the other one to be asked", both.promise);
    return jwks(new URL(url).pathname.slice(1));
  });
  using world = await worldOf(server, "one", "two");
  assert.deepEqual([await world.isGood("one"), await world.isGood("two")], [true, true]);
});

Deno.test("a URL that does not answer in time leaves the former keys, and those of others in use", async () => {
  await using server = await startHttpsServer(({ url }) => jwks(new URL(url).pathname.slice(1)));
  using world = await worldOf(server, "slow", "quick");
  const asked = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  server.answer = async ({ url }) => {
    if (url.endsWith("quick")) return jwks("quick", "quicker");
    asked.resolve();
    await end.promise;
    return jwks();
  };
  const looked = world.store.reload();
  await asked.promise;
  // The timers of the next look and of the slow answer.
  await until("the quick answer to be read", () => world.clock.pending === 2);
  await world.clock.advance(5_000);
  await looked;
  end.resolve();
  const good = ["slow", "quick", "quicker"].map((kid) => world.isGood(kid));
  assert.deepEqual(await Promise.all(good), [true, true, true]);
  assert.equal(world.reloads.refused, 1);
  assert.match(JSON.stringify(world.lines), /no answer in time/);
});

const BROKEN: [what: string, answer: (request: Request) => Response, reason: RegExp][] = [
  [
    "is huge",
    () => new Response(`{"keys":[${" ".repeat(MAX_KEY_BYTES)}]}`),
    /more than 262144 bytes/,
  ],
  [
    "leads elsewhere",
    ({ url }) => url.endsWith("else") ? jwks("evil") : Response.redirect(`${url}/else`),
    /302/,
  ],
  ["is a page for people", () => new Response("<html>Sign in</html>"), /neither a JWK nor a JWKS/],
  ["has keys of no kind", () => Response.json({ keys: [1] }), /no list of JWK/],
  ["is that there is none", () => new Response("", { status: 404 }), /404/],
  ["is that it fails", () => new Response("", { status: 503 }), /503/],
];
for (const [what, answer, reason] of BROKEN) {
  Deno.test(`an answer with keys that ${what} leaves the former ones in use`, async () => {
    await using server = await startHttpsServer(() => jwks("old"));
    using world = await worldOf(server);
    server.answer = answer;
    await world.store.reload();
    await world.store.reload();
    assert.deepEqual([await world.isGood("old"), await world.isGood("evil")], [true, false]);
    assert.equal(world.reloads.refused, 1);
    assert.match(JSON.stringify(world.lines), reason);
  });
}

Deno.test("keys outlast an outage of their server, and are read again behind it", async () => {
  await using server = await startHttpsServer(() => jwks("old"));
  using world = await worldOf(server);
  await server.stop();
  await world.store.reload();
  assert.deepEqual([await world.isGood("old"), world.reloads.refused], [true, 1]);
  server.answer = () => jwks("new");
  server.start();
  await world.store.reload();
  assert.equal(await world.isGood("new"), true);
});

Deno.test("keys of a server that nobody vouches for are not taken", async () => {
  await using server = await startHttpsServer(() => jwks("old"));
  await using other = await startHttpsServer(() => jwks("old"));
  using world = await worldOf({ url: server.url, fetch: other.fetch });
  assert.equal(await world.isGood("old"), false);
  assert.match(JSON.stringify(world.lines), /certificate/i);
});
