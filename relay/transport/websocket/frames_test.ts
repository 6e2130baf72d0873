import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "@qumo/shared/runtime";
import { checkProperty } from "../../../tests/support/properties.ts";
import {
  frameHeaderSize,
  FrameParser,
  Opcode,
  unmask,
  WebSocketViolation,
  writeFrameHeader,
} from "./frames.ts";

/** What a client's bytes are, as text. */
function parse(...chunks: readonly Uint8Array[]): string[] {
  const seen: string[] = [];
  const parser = new FrameParser(true, {
    onMessage: (message) => seen.push(`message ${message.toHex()}`),
    onControl: (opcode, payload) => seen.push(`control ${opcode} ${payload.toHex()}`),
  });
  for (const chunk of chunks) parser.push(chunk.slice());
  return seen;
}

function frame(first: number, payload: Uint8Array, mask = Uint8Array.of(1, 2, 3, 4)): Uint8Array {
  const bytes = new Uint8Array(frameHeaderSize(payload.length, true) + payload.length);
  const at = writeFrameHeader(bytes, 0, { opcode: Opcode.binary, length: payload.length, mask });
  bytes[0] = first;
  bytes.set(payload, at);
  unmask(bytes.subarray(at), mask);
  return bytes;
}

const hello = new TextEncoder().encode("Hello");

Deno.test("the examples of RFC 6455, section 5.7, are read", () => {
  const masked = (hex: string) => parse(Uint8Array.fromHex(hex));
  // A masked ping and pong with the same payload, and a masked message, binary instead of text.
  assert.deepEqual(masked("898537fa213d7f9f4d5158"), [`control 9 ${hello.toHex()}`]);
  assert.deepEqual(masked("8a8537fa213d7f9f4d5158"), [`control 10 ${hello.toHex()}`]);
  assert.deepEqual(masked("828537fa213d7f9f4d5158"), [`message ${hello.toHex()}`]);
});

Deno.test("headers have the shortest length", () => {
  for (
    const [length, hex] of [[5, "8205"], [125, "827d"], [126, "827e007e"], [16_384, "827e4000"]]
  ) {
    const bytes = new Uint8Array(frameHeaderSize(length as number, false));
    writeFrameHeader(bytes, 0, { opcode: Opcode.binary, length: length as number });
    assert.equal(bytes.toHex(), hex);
  }
});

Deno.test("messages in fragments are joined, with a ping in between", () => {
  const seen = parse(
    frame(0x02, Uint8Array.of(1)),
    frame(0x89, Uint8Array.of(9)),
    frame(0x00, new Uint8Array()),
    frame(0x80, Uint8Array.of(2)),
    frame(0x82, Uint8Array.of(3)),
  );
  assert.deepEqual(seen, ["control 9 09", "message 0102", "message 03"]);
});

Deno.test("a stream is read the same wherever it is cut", () => {
  const large = Uint8Array.from({ length: 16_384 }, (_, at) => at * 7);
  const stream = joinBytes([
    frame(0x82, hello),
    frame(0x02, large.subarray(0, 300)),
    frame(0x8a, hello),
    frame(0x80, large.subarray(300)),
    frame(0x82, new Uint8Array()),
    frame(0x88, Uint8Array.of(3, 232)),
  ]);
  const whole = parse(stream);
  assert.equal(whole.length, 5);
  const cut = fc.array(fc.nat({ max: stream.length }), { maxLength: 6 });
  checkProperty(fc.property(cut, (cuts) => {
    const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
    const chunks = places.slice(1).map((to, at) => stream.subarray(places[at], to));
    assert.deepEqual(parse(...chunks), whole);
  }));
});

Deno.test("what RFC 6455 forbids, text and too much of a message is a violation", () => {
  const cases: Readonly<Record<string, readonly Uint8Array[]>> = {
    "no mask": [Uint8Array.of(0x82, 0x01, 0x00)],
    "a reserved bit": [frame(0xc2, hello)],
    "text": [frame(0x81, hello)],
    "an unknown data frame": [frame(0x83, hello)],
    "an unknown control frame": [frame(0x8b, hello)],
    "a ping in parts": [frame(0x09, hello)],
    "a long ping": [frame(0x89, new Uint8Array(126))],
    "a fragment of nothing": [frame(0x80, hello)],
    "a message within another": [frame(0x02, hello), frame(0x82, hello)],
    "a large message": [frame(0x82, new Uint8Array(16_385))],
    "a large message in parts": [frame(0x02, new Uint8Array(16_384)), frame(0x80, hello)],
    "an endless message": [Uint8Array.fromHex("82ffffffffffffffffff00000000")],
  };
  for (const [name, chunks] of Object.entries(cases)) {
    assert.throws(() => parse(...chunks), WebSocketViolation, name);
  }
});
