import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { allOf, readerOf, readingWith } from "../../tests/support/worlds/relay_reading.ts";
import { serveOps } from "./server.ts";
import type { TrackView } from "./snapshot.ts";

const TRACKS: TrackView[] = Array.from({ length: 5 }, (_, index) => ({
  path: "/",
  namespace: "live/a",
  name: `t${index}`,
  publishers: [],
  relays: [],
  subscriptions: 2,
  largest: undefined,
  ageMs: 0,
  cachedGroups: 3,
  cachedBytes: 400,
  bytesReceived: 5000,
  bytesSent: 10_000,
}));

function serve(perTrack = 0) {
  return serveOps({
    hostname: "127.0.0.1",
    port: 0,
    read: readerOf(readingWith({ tracks: allOf(TRACKS) })),
    allowOrigin: (origin) => origin === "http://localhost:5173",
    program: { version: "1.2.3", commit: "abc", deno: "2" },
    startedAt: 0,
    name: "tokyo",
    region: "",
    perTrack,
    maxCacheBytes: 1000,
    access: () => ({ details: "loopback", tokens: [] }),
    page: [],
    libraries: [],
    clock: systemClock,
    log: memoryLog().log,
  });
}

/** The lines of a scrape of a relay with five tracks. */
async function scrape(perTrack: number): Promise<string[]> {
  const server = serve(perTrack);
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  const text = await response.text();
  await server.close();
  return text.split("\n");
}

Deno.test("a scrape tells of single tracks only when asked, and of no more than asked", async () => {
  const tracksIn = async (perTrack: number) => {
    const found = (await scrape(perTrack)).flatMap((line) => /track="(\w+)"/.exec(line)?.[1] ?? []);
    return [...new Set(found)];
  };
  assert.deepEqual(await tracksIn(0), []);
  assert.deepEqual(await tracksIn(2), ["t0", "t1"]);
  assert.deepEqual(await tracksIn(9), ["t0", "t1", "t2", "t3", "t4"]);
  assert.ok((await scrape(0)).includes('qumo_relay_http_connections{relay="tokyo"} 1'));
  assert.ok(!(await scrape(0)).some((line) => line.includes("qumo_relay_ingress_bytes_total")));
});

Deno.test("at a loopback address only the relay's own pages and allowed ones read it", async () => {
  const server = serve();
  const own = `127.0.0.1:${server.port}`;
  const ask = async (origin: string, host = own, path = "/health") => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n`;
    await connection.write(new TextEncoder().encode(`${head}Connection: close\r\n\r\n`));
    const answer = await new Response(connection.readable).text();
    return Number(answer.split(" ")[1]);
  };
  assert.equal(await ask(`http://${own}`), 200);
  assert.equal(await ask(`http://localhost:${server.port}`, `LOCALHOST:${server.port}`), 200);
  assert.equal(await ask("http://localhost:5173"), 200);
  for (
    const origin of [
      "http://203.0.113.5",
      "http://[2001:db8::5]",
      "http://127.0.0.1:1",
      "http://wiki",
      "http://wiki.lan",
      "https://page.example",
      "null",
    ]
  ) {
    assert.equal(await ask(origin), 403, origin);
    assert.equal(await ask(origin, own, "/certificate.sha256"), 200, origin);
  }
  assert.equal(await ask("http://evil.example", "evil.example"), 403);
  await server.close();
});
