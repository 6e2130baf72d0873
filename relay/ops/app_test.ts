import { type HashedToken, hashedToken } from "@qumo/shared/http";
import assert from "node:assert/strict";
import { buildApp } from "./app.ts";
import type { Condition } from "./conditions.ts";
import { scraper } from "@qumo/shared/metrics";
import { counter, SCRAPED } from "./family.ts";
import type { Part } from "./readings.ts";
import type { RelayState, TrackView } from "./snapshot.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { allOf, readerOf, readingWith } from "../../tests/support/worlds/relay_reading.ts";

const LISTS: readonly Part[] = ["sessions", "encoders", "namespaces", "tracks"];

const HASH = "ab".repeat(32);

const TRACKS: TrackView[] = Array.from({ length: 250 }, (_, index) => ({
  path: "/roomA",
  namespace: "room/alice.hang",
  name: `track ${index}`,
  publishers: ["session 7"],
  relays: [],
  subscriptions: 2,
  largest: { group: 2n ** 60n, object: 3n },
  ageMs: 61_500,
  cachedGroups: 3,
  cachedBytes: 400,
  bytesReceived: 5000,
  bytesSent: 10_000,
}));

function app(
  state: RelayState = "serving",
  scraped = () => 1,
  conditions: readonly Condition[] = [],
  tokens: readonly HashedToken[] = [],
) {
  const asked: (readonly Part[])[] = [];
  const reading = readingWith({
    state,
    uptimeMs: 61_500,
    certificate: { hash: HASH, notAfter: Date.UTC(2030, 0, 1), isGenerated: true },
    now: {
      sessions: 3,
      subscriptions: 5,
      tracks: 2,
      namespaces: 1,
      openGroups: 1,
      parkedStreams: 0,
      encoders: 0,
      clientStreams: 0,
      cache: { bytes: 100, groups: 4 },
    },
    tracks: allOf(TRACKS),
    encoders: allOf([{
      id: 9,
      peer: "192.0.2.9:50000",
      protocol: "rtmp",
      path: "/",
      namespace: "live/cam",
      codecs: ["avc1.64001f", "mp4a.40.2"],
      bitsPerSecond: 2_500_000,
      bytesReceived: 1_000_000,
      ageMs: 61_000,
    }]),
    unready: state === "serving" ? undefined : state,
    conditions,
  });
  const { log, lines } = memoryLog();
  const read = readerOf(reading, asked);
  const app = buildApp({
    read,
    allowOrigin: (origin) => origin !== "https://evil.example",
    scrape: scraper({
      families: [counter("a_total", "An a.", scraped)],
      read: () => read(SCRAPED),
    }),
    version: "1.2.3",
    commit: "abc",
    name: "relay-1",
    region: "eu",
    maxCacheBytes: 1000,
    access: () => ({ details: "loopback", tokens }),
    page: [
      { path: "/", type: "text/html; charset=utf-8", text: "<!doctype html>" },
      {
        path: "/watch",
        type: "text/html",
        text: "<!doctype html>",
        isPublic: true,
        hasMedia: true,
      },
    ],
    libraries: [{ path: "/page/l.js", type: "text/javascript", load: () => Promise.resolve("l") }],
    clock: new ManualClock(Date.UTC(2026, 0, 1)),
    log,
  });
  const ask = async (
    path: string,
    method = "GET",
    headers: Record<string, string> = {},
    remote = "127.0.0.1",
  ) => await app.request(path, { method, headers }, { remote });
  return { ask, lines, asked };
}

Deno.test("GET /health has the body that it always had", async () => {
  const response = await app().ask("/health");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal(
    await response.text(),
    '{"active_connections":3,"live":true,"ready":true,"status":"healthy",' +
      '"timestamp":"2026-01-01T00:00:00.000Z","uptime":"1m1.5s"}\n',
  );
});

Deno.test("GET /health says why the relay is not ready", async () => {
  const draining = await app("draining").ask("/health");
  const body = await draining.json();
  assert.deepEqual([draining.status, body.ready, body.ready_reason, body.status], [
    200,
    false,
    "draining",
    "healthy",
  ]);
  const failed = await app("failed").ask("/health");
  assert.deepEqual([failed.status, (await failed.json()).status], [503, "unhealthy"]);
});

Deno.test("GET /health?probe=live is 200 as long as somebody answers", async () => {
  for (const state of ["serving", "draining", "failed"] as const) {
    const response = await app(state).ask("/health?probe=live");
    assert.deepEqual([response.status, await response.json()], [200, { status: "alive" }]);
  }
});

Deno.test("GET /health?probe=ready is 503 with the reason unless the relay serves", async () => {
  const ready = await app().ask("/health?probe=ready");
  assert.deepEqual([ready.status, await ready.json()], [200, { ready: true }]);
  for (const state of ["starting", "draining", "failed"] as const) {
    const response = await app(state).ask("/health?probe=ready");
    assert.deepEqual([response.status, await response.json()], [503, {
      ready: false,
      reason: state,
    }]);
  }
});

Deno.test("a relay whose controller refuses it says so wherever it is asked how it is", async () => {
  const { ask } = app("serving", undefined, ["controller_unauthorized", "stale_mirror"]);
  const conditions = ["controller_unauthorized", "stale_mirror"];
  const body = async (path: string) => (await ask(path)).json();
  assert.deepEqual(await body("/health?probe=ready"), { ready: true, conditions });
  assert.deepEqual((await body("/health")).conditions, conditions);
  assert.deepEqual((await body("/status")).conditions, conditions);
});

Deno.test("HEAD has the status of GET and no body", async () => {
  const ready = await app().ask("/health", "HEAD");
  assert.deepEqual([ready.status, await ready.text()], [200, ""]);
  assert.equal((await app("draining").ask("/health?probe=ready", "HEAD")).status, 503);
});

Deno.test("GET /certificate.sha256 is 64 characters for programs and proxies", async () => {
  const response = await app().ask("/certificate.sha256");
  assert.equal(await response.text(), HASH);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.match(response.headers.get("Content-Type")!, /^text\/plain/);
});

Deno.test("GET /certificate.sha256 may be read by pages that may connect, and by no other", async () => {
  const { ask } = app();
  const from = async (origin: string) =>
    (await ask("/certificate.sha256", "GET", { Origin: origin })).headers;
  const own = await from("http://localhost:8080");
  assert.equal(own.get("Access-Control-Allow-Origin"), "http://localhost:8080");
  assert.equal(own.get("Vary"), "Origin");
  assert.equal((await from("https://evil.example")).get("Access-Control-Allow-Origin"), null);
});

Deno.test("GET /metrics is in Prometheus's text format", async () => {
  const response = await app().ask("/metrics");
  assert.match(response.headers.get("Content-Type")!, /^text\/plain; version=0\.0\.4/);
  assert.equal(await response.text(), "# HELP a_total An a.\n# TYPE a_total counter\na_total 1\n");
});

Deno.test("GET /status tells what there is", async () => {
  const body = await (await app().ask("/status")).json();
  assert.deepEqual(body, {
    version: "1.2.3",
    commit: "abc",
    conditions: [],
    node_id: "relay-1",
    region: "eu",
    state: "serving",
    uptime_seconds: 61,
    address: "127.0.0.1:4433",
    certificate: { sha256: HASH, not_after: "2030-01-01T00:00:00.000Z" },
    sessions: 3,
    encoders: 0,
    subscribers: 5,
    tracks: 2,
    namespaces: 1,
    open_groups: 1,
    parked_streams: 0,
    cache: { bytes: 100, groups: 4, max_bytes: 1000 },
    objects: { received: 0, sent: 0 },
    bytes: { received: 0, sent: 0 },
  });
});

Deno.test("a list under /status names everything, a page at a time", async () => {
  const { ask } = app();
  const first = await (await ask("/status/tracks")).json();
  assert.deepEqual([first.offset, first.limit, first.total, first.items.length], [
    0,
    100,
    250,
    100,
  ]);
  assert.deepEqual(first.items[0], {
    path: "/roomA",
    namespace: "room/alice.hang",
    track: "track 0",
    publishers: ["session 7"],
    subscribers: 2,
    largest: { group: "1152921504606846976", object: "3" },
    age_seconds: 61,
    cache: { groups: 3, bytes: 400 },
    bytes: { received: 5000, sent: 10_000 },
  });
  const last = await (await ask("/status/tracks?offset=240&limit=20")).json();
  assert.deepEqual([last.total, last.items.length, last.items[0].track], [250, 10, "track 240"]);
});

Deno.test("the encoders are listed with what they send", async () => {
  const { total, items } = await (await app().ask("/status/encoders")).json();
  assert.equal(total, 1);
  assert.deepEqual(items, [{
    encoder: 9,
    peer: "192.0.2.9:50000",
    protocol: "rtmp",
    path: "/",
    namespace: "live/cam",
    codecs: ["avc1.64001f", "mp4a.40.2"],
    bits_per_second: 2_500_000,
    bytes: { received: 1_000_000 },
    age_seconds: 61,
  }]);
});

Deno.test("a page of a list that cannot be is refused in words", async () => {
  for (const query of ["limit=0", "limit=1001", "limit=many", "offset=-1"]) {
    const response = await app().ask(`/status/sessions?${query}`);
    assert.equal(response.status, 400, query);
    assert.match((await response.json()).error, /must be a whole number/);
  }
});

Deno.test("the lists are for this machine, unless they are opened", async () => {
  for (const list of LISTS) {
    assert.equal((await app().ask(`/status/${list}`, "GET", {}, "192.0.2.7")).status, 403);
    assert.equal((await app().ask(`/status/${list}`)).status, 200);
  }
});

/** What a machine elsewhere is answered without a token, where there is one. */
const PUBLIC: Readonly<Record<string, number>> = {
  "/health": 200,
  "/certificate.sha256": 200,
  "/watch": 200,
  "/page/l.js": 200,
  "/": 401,
  "/metrics": 401,
  "/status": 401,
  "/status/tracks": 401,
  "/status/sessions": 401,
  "/status/encoders": 401,
  "/status/namespaces": 401,
};
for (const [path, status] of Object.entries(PUBLIC)) {
  Deno.test(`GET ${path} of another machine is ${status} without a token that is configured`, async () => {
    const token = await hashedToken({ token_file: "ops" }, () => Promise.resolve("hunter2"));
    const { ask } = app("serving", undefined, [], [token]);
    const from = (headers: Record<string, string>) => ask(path, "GET", headers, "192.0.2.7");
    const refused = await from({});
    assert.equal(refused.status, status);
    assert.equal(/^Basic /.test(refused.headers.get("WWW-Authenticate") ?? ""), status === 401);
    assert.equal((await from({ Authorization: "Bearer hunter3" })).status, status);
    assert.equal((await from({ Authorization: "Bearer hunter2" })).status, 200);
    assert.equal((await ask(path)).status, 200);
  });
}

Deno.test("a browser that has a file of the page already does not read it again", async () => {
  const { ask } = app();
  for (const path of ["/", "/watch", "/page/l.js"]) {
    const etag = (await ask(path)).headers.get("etag")!;
    const again = await ask(path, "GET", { "If-None-Match": etag });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
  }
  const policy = (await ask("/watch")).headers.get("content-security-policy");
  assert.match(policy!, /media-src 'self' blob:/);
});

Deno.test("an unknown path is 404 in JSON", async () => {
  for (const method of ["GET", "POST"]) {
    const response = await app().ask("/nope", method);
    assert.equal(response.status, 404);
    assert.match((await response.json()).error, /\/health/);
  }
});

Deno.test("a method that changes things is 405 in JSON and names the others", async () => {
  for (const path of ["/health", "/metrics", "/status", "/certificate.sha256"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await app().ask(path, method);
      assert.deepEqual([response.status, response.headers.get("Allow")], [405, "GET, HEAD"]);
      assert.deepEqual(await response.json(), { error: `${method} is not allowed here` });
    }
  }
});

Deno.test("a page that fails is 500 without its reason, which is in the log", async () => {
  const { ask, lines } = app("serving", () => {
    throw new Error("secret");
  });
  const response = await ask("/metrics");
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.equal(lines[0]?.text, "error: Cannot answer an HTTP request");
});

Deno.test("every request reads the relay once, and no more of it than it shows", async () => {
  const { ask, asked } = app();
  const reads = async (path: string) => {
    asked.length = 0;
    await ask(path);
    return [...asked];
  };
  assert.equal((await reads("/metrics")).length, 1);
  const [status, ...others] = await reads("/status");
  assert.deepEqual(others, []);
  assert.deepEqual(status!.filter((part) => LISTS.includes(part)), []);
  for (const list of LISTS) assert.deepEqual(await reads(`/status/${list}`), [[list]]);
  assert.deepEqual(await reads("/health?probe=live"), []);
  assert.deepEqual(await reads("/health?probe=ready"), [["unready", "conditions"]]);
  assert.deepEqual(await reads("/certificate.sha256"), [["certificate"]]);
  assert.deepEqual(await reads("/"), []);
});
