import assert from "node:assert/strict";
import { makeObject } from "../../bench/traffic.ts";
import type { SessionTransport } from "../transport/quic_transport.ts";
import { tapObjects } from "./wire_tap.ts";

const TRAFFIC = { tracks: 1, objectBytes: 20, rate: 10, groupObjects: 2 };

/** What the tap sees, and what comes out behind it, of streams with these chunks. */
async function tapped(...streams: readonly (readonly Uint8Array[])[]) {
  const seen: string[] = [];
  const transport = {
    incomingUnidirectionalStreams: ReadableStream.from(
      streams.map((chunks) => ReadableStream.from(chunks)),
    ),
  } as unknown as SessionTransport;
  tapObjects(transport, (object) => seen.push(object));
  let bytes = 0;
  for await (const stream of transport.incomingUnidirectionalStreams) {
    for await (const chunk of stream as ReadableStream<Uint8Array>) bytes += chunk.length;
  }
  return { seen, bytes };
}

/** A group's stream, cut into chunks of so many bytes. */
function group(number: number, chunk: number): Uint8Array[] {
  const [first, second] = [0, 1].map((object) => makeObject(TRAFFIC, 0, 2 * number + object).bytes);
  const bytes = Uint8Array.from([...first!, ...second!]);
  const starts = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) => at * chunk);
  return starts.map((start) => bytes.slice(start, start + chunk));
}

Deno.test("the tap names every object, however the bytes come, and passes them on", async () => {
  for (const chunk of [1, 7, 1000]) {
    const chunks = group(3, chunk);
    const { seen, bytes } = await tapped(chunks);
    assert.deepEqual(seen, ["0/3/0/0", "0/3/0/1"]);
    assert.equal(bytes, chunks.reduce((sum, { length }) => sum + length, 0));
  }
});

Deno.test("the tap sees what comes a second time", async () => {
  const { seen } = await tapped(group(0, 1000), group(0, 1000));
  assert.deepEqual(seen, ["0/0/0/0", "0/0/0/1", "0/0/0/0", "0/0/0/1"]);
});

Deno.test("the tap passes over streams that carry no group", async () => {
  const { seen, bytes } = await tapped([Uint8Array.of(0x05, 1, 2, 3)]);
  assert.deepEqual(seen, []);
  assert.equal(bytes, 4);
});
