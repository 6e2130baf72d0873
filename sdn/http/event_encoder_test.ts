import assert from "node:assert/strict";
import type { WatchEvent } from "../control/use_cases.ts";
import { comment, EventEncoder, opening } from "./event_encoder.ts";
import { GzipEnd } from "./gzip_sum.ts";

const short: readonly WatchEvent[] = [{ id: 3, event: "gone", data: '{"relay":"🎥"}' }];
const long: readonly WatchEvent[] = [
  { event: "graph", data: JSON.stringify({ text: "x".repeat(100_000) }) },
  { id: 4, event: "relay", data: "{}" },
];
const TEXT = `retry: 1\n\nid: 3\nevent: gone\ndata: ${short[0]!.data}\n\n: still here\n\n` +
  `event: graph\ndata: ${long[0]!.data}\n\nid: 4\nevent: relay\ndata: {}\n\n`;

function written(encoder: EventEncoder, form: "plain" | "gzip"): Uint8Array<ArrayBuffer>[] {
  const pieces = [
    opening("retry: 1\n\n", form),
    encoder.events(short, form),
    comment("still here", form),
    encoder.events(long, form),
  ];
  const end = new GzipEnd();
  for (const { sum } of pieces) if (sum !== undefined) end.add(sum);
  return [...pieces.map(({ bytes }) => Uint8Array.from(bytes)), end.bytes()];
}

Deno.test("events are written once for all who are given the same list, plain or compressed", () => {
  const encoder = new EventEncoder();
  for (const form of ["plain", "gzip"] as const) {
    assert.equal(encoder.events(long, form), encoder.events(long, form));
  }
  assert.notEqual(encoder.events(long, "plain"), encoder.events([...long], "plain"));
  assert.ok(encoder.events(long, "gzip").bytes.length < 2000);
});

Deno.test("what is written makes one text, also when a reader of gzip is given it piece by piece", async () => {
  const plain = new Blob(written(new EventEncoder(), "plain").slice(0, -1));
  assert.equal(await plain.text(), TEXT);
  const pieces = written(new EventEncoder(), "gzip");
  const end = pieces.pop()!;
  const gzip = new DecompressionStream("gzip");
  const writer = gzip.writable.getWriter();
  const reader = gzip.readable.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (const piece of pieces) void writer.write(piece);
  // Nothing ends it: what was written can be read before more comes.
  while (text.length < TEXT.length) text += (await reader.read()).value ?? "";
  assert.equal(text, TEXT);
  void writer.write(end).then(() => writer.close());
  assert.equal((await reader.read()).done, true);
});
