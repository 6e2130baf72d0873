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

/** The lines of a scrape of a relay with five tracks. */
async function scrape(perTrack: number): Promise<string[]> {
  const server = serveOps({
    hostname: "127.0.0.1",
    port: 0,
    read: readerOf(readingWith({ tracks: allOf(TRACKS) })),
    allowOrigin: () => false,
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
