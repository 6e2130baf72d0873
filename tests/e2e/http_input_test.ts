/** What strangers write into requests, at both programs as they are. */
import assert from "node:assert/strict";
import { rawHttp, statusOf } from "../support/peers/raw_http.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

/** Methods that nobody has heard of, and those of HTTP that no part of the programs means. */
const METHODS = [
  "BREW",
  `M${"x".repeat(2000)}`,
  "get",
  "PROPFIND",
  "SEARCH",
  "M-SEARCH",
  "PURGE",
  "TRACE",
  "OPTIONS",
  "PATCH",
];

/** Hosts that a URL made of them would be changed by. */
const HOSTS = [
  "a/relay/tokyo/drain#",
  "a b",
  "a/relay/tokyo/drain?",
  "user@a",
  "a:99999",
  "[::1",
  "%zz",
  "",
];

/** The series that there are, with their labels and without their numbers. */
async function series(origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/metrics`);
  assert.equal(response.status, 200);
  const lines = (await response.text()).split("\n").filter((line) => /^\w/.test(line));
  return lines.map((line) => line.slice(0, line.lastIndexOf(" "))).sort();
}

/** Sends requests of every kind that a stranger can make up; `round` makes each one new. */
async function drive(origin: string, round: string): Promise<void> {
  for (const method of METHODS) {
    for (const path of [`/${round}/${method}`, `/relay/${round}`, "/health", "/metrics"]) {
      // A letter in the method makes it another one.
      const made = method.startsWith("M") ? `${method}${round.toUpperCase()}` : method;
      await rawHttp(origin, `${made} ${path} HTTP/1.1\r\nHost: localhost`);
    }
  }
  for (const head of [`X-${round}: 1`, `Traceparent: 00-${round}`, `Authorization: ${round}`]) {
    await rawHttp(origin, `GET /${round}?${round}=${round} HTTP/1.1\r\nHost: localhost\r\n${head}`);
  }
}

Deno.test("methods, paths and headers that strangers make up add no series to either program", async () => {
  await using controller = await SdnProcess.start();
  await using relay = await startRelay();
  for (const origin of [controller.url, relay.origin]) {
    await drive(origin, "first");
    await series(origin);
    const before = await series(origin);
    for (const round of ["second", "third", "fourth"]) await drive(origin, round);
    assert.deepEqual(await series(origin), before);
    assert.ok(before.every((one) => !/first|BREW|xxx|PROPFIND/i.test(one)), before.join("\n"));
  }
});

Deno.test("a Host header that names no host never reaches the path of either program", async () => {
  await using controller = await SdnProcess.start();
  await using relay = await startRelay();
  await controller.register("tokyo", {});
  for (const host of HOSTS) {
    for (const origin of [controller.url, relay.origin]) {
      const head = `POST /health HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json`;
      const answer = await rawHttp(origin, `${head}\r\nContent-Length: 0`);
      assert.equal(statusOf(answer), 400, `${host} at ${origin}: ${answer}`);
    }
  }
  const response = await fetch(`${controller.url}/relay/tokyo`);
  assert.equal((await response.json()).state, "registered");
});

Deno.test("every operation of the API answers a head that is too long with the documented 431", async () => {
  await using controller = await SdnProcess.start();
  const { paths } = await (await fetch(`${controller.url}/openapi.json`)).json();
  const answered = new Set<number>();
  const long = `X-Long: ${"x".repeat(40_000)}`;
  for (const [path, methods] of Object.entries<Record<string, { responses: object }>>(paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      assert.ok("431" in responses, `${method} ${path}`);
      const line = `${method.toUpperCase()} ${path.replace(/\{\w+\}/, "x")} HTTP/1.1`;
      const answer = await rawHttp(controller.url, `${line}\r\nHost: localhost\r\n${long}`);
      // What the client still sends when it is refused may cost it the answer.
      assert.ok([431, 0].includes(statusOf(answer)), `${line}: ${answer}`);
      answered.add(statusOf(answer));
    }
  }
  assert.ok(answered.has(431));
});

Deno.test("a name that is somebody else's is refused by both programs on a loopback address", async () => {
  await using controller = await SdnProcess.start();
  await using relay = await startRelay();
  for (const origin of [controller.url, relay.origin]) {
    const ask = async (host: string) =>
      statusOf(await rawHttp(origin, `GET /health HTTP/1.1\r\nHost: ${host}`));
    assert.equal(await ask("evil.example"), 403);
    assert.equal(await ask("localhost"), 200);
  }
});
