import assert from "node:assert/strict";
import { EncoderWorld } from "../../../tests/support/encoders/encoder_world.ts";
import { plainGate, plainPath } from "../../../tests/support/worlds/plain_tokens.ts";
import { namespaceOf } from "../../../tests/support/worlds/track_model.ts";
import { DEFAULTS } from "../../config/definition.ts";
import { openHttpIngest } from "../../ingest.ts";
import type { HttpIngest } from "./http_ingest.ts";

/** A request whose body the test sends piece by piece. */
function openRequest(path: string, headers: Record<string, string> = {}) {
  let send!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (send = controller) });
  const request = new Request(`http://localhost${path}`, { method: "PUT", body, headers });
  return { request, send };
}

/** What answers such requests. */
function ingestOf({ ingests, clock, metrics, log }: EncoderWorld): HttpIngest {
  const config = { ...DEFAULTS, ingest: { ...DEFAULTS.ingest, http: true } };
  return openHttpIngest({ config, ingests, metrics, clock, log })!;
}

const FREE = Uint8Array.of(0, 0, 0, 8, ...new TextEncoder().encode("free"));

Deno.test("an encoder by HTTP is let in by its path and its token, and ends with the request", async () => {
  await using world = new EncoderWorld({ gate: (clock) => plainGate(clock) });
  const ingest = ingestOf(world);
  const counts = world.metrics.encoders;
  const { request, send } = openRequest(plainPath("/ingest/live/cam", { put: "live" }));
  const answer = ingest.answer(request, "192.0.2.1");
  await world.clock.advance(0);
  assert.deepEqual([counts.begun.http, world.ingests.size], [1, 1], '{protocol="http"}');
  send.enqueue(FREE);
  send.close();
  const { status } = await answer;
  assert.deepEqual([status, counts.ended.ended], [200, 1]);
  const bearer = openRequest("/ingest/live/cam", { authorization: 'Bearer {"put":"live"}' });
  bearer.send.close();
  assert.equal((await ingest.answer(bearer.request, "192.0.2.1")).status, 200);
  const stranger = openRequest(plainPath("/ingest/live/cam", { put: "other" }));
  assert.equal((await ingest.answer(stranger.request, "192.0.2.1")).status, 401);
});

Deno.test("a request that breaks off is no end, and one that is no MP4 is answered so", async () => {
  await using world = new EncoderWorld();
  const ingest = ingestOf(world);
  const counts = world.metrics.encoders;
  const broken = openRequest("/ingest/live/cam");
  const answer = ingest.answer(broken.request, "192.0.2.1");
  await world.clock.advance(0);
  broken.send.error(new Error("The connection ended"));
  await answer;
  assert.equal(counts.ended.lost, 1);
  const { request, send } = openRequest("/ingest/live/cam");
  send.enqueue(new TextEncoder().encode("#EXTM3U, which is another format"));
  const { status } = await ingest.answer(request, "192.0.2.1");
  assert.deepEqual([status, counts.ended.malformed], [400, 1]);
});

Deno.test("a request that the relay ends is answered with why", async () => {
  await using world = new EncoderWorld();
  const ingest = ingestOf(world);
  const { request } = openRequest("/ingest/live/cam");
  const answer = ingest.answer(request, "192.0.2.1");
  await world.clock.advance(0);
  await world.clock.advance(20_000);
  const response = await answer;
  assert.equal(response.status, 503);
  assert.match(await response.text(), /no frame for/);
  assert.equal(world.scope.publishes(namespaceOf("live", "cam")), false);
});

Deno.test("what names nothing, or is no PUT or POST, is refused", async () => {
  await using world = new EncoderWorld();
  const ingest = ingestOf(world);
  const { request } = openRequest("/ingest/");
  assert.equal((await ingest.answer(request, "192.0.2.1")).status, 409);
  const get = await ingest.answer(new Request("http://localhost/ingest/live"), "192.0.2.1");
  assert.deepEqual([get.status, get.headers.get("allow")], [405, "PUT, POST"]);
});
