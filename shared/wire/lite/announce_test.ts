import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../errors.ts";
import { type AnnounceEvent, MAX_ROUTE_COST } from "./announce.ts";
import { lite03 } from "./versions/lite03.ts";
import { lite04 } from "./versions/lite04.ts";
import { lite05 } from "./versions/lite05.ts";
import { lite06 } from "./versions/lite06.ts";
import type { LiteVersion } from "./versions/version.ts";

const cost = { warm: 3n, cold: 5n };

/** The messages on a stream, of which each is shorter than 64 bytes. */
function read(version: LiteVersion, hex: string): AnnounceEvent[] {
  const reader = version.announcements.reader();
  const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  const events: AnnounceEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const type = reader.layout.isTyped ? BigInt(bytes[at++]!) : undefined;
    const length = bytes[at++]!;
    events.push(reader.decode(type, bytes.subarray(at, at + length)));
    at += length;
  }
  return events;
}

function write(version: LiteVersion): string {
  const writer = version.announcements.writer(42n);
  return [
    writer.ok(1),
    writer.start("room", [7n], cost),
    writer.update("room", [8n], cost),
    writer.start("", [], cost),
    writer.end("room"),
  ].map((bytes) => bytes.toHex()).filter((hex) => hex !== "").join(" ");
}

const streams: readonly (readonly [LiteVersion, string, readonly AnnounceEvent[]])[] = [
  [
    lite03,
    "070104726f6f6d02 070004726f6f6d00070104726f6f6d02 03010001 070004726f6f6d00",
    [
      { kind: "start", suffix: "room", hops: [0n, 0n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "end", suffix: "room" },
      { kind: "start", suffix: "room", hops: [0n, 0n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "start", suffix: "", hops: [0n], cost: { warm: 1n, cold: MAX_ROUTE_COST } },
      { kind: "end", suffix: "room" },
    ],
  ],
  [
    lite04,
    "090104726f6f6d02072a 070004726f6f6d00090104726f6f6d02082a 040100012a 070004726f6f6d00",
    [
      { kind: "start", suffix: "room", hops: [7n, 42n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "end", suffix: "room" },
      { kind: "start", suffix: "room", hops: [8n, 42n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "start", suffix: "", hops: [42n], cost: { warm: 1n, cold: MAX_ROUTE_COST } },
      { kind: "end", suffix: "room" },
    ],
  ],
  [
    lite05,
    "022a01 080104726f6f6d0107 080104726f6f6d0108 03010000 070004726f6f6d00",
    [
      { kind: "ok", hop: 42n, active: 1 },
      { kind: "start", suffix: "room", hops: [7n, 42n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "update", suffix: "room", hops: [8n, 42n], cost: { warm: 2n, cold: MAX_ROUTE_COST } },
      { kind: "start", suffix: "", hops: [42n], cost: { warm: 1n, cold: MAX_ROUTE_COST } },
      { kind: "end", suffix: "room" },
    ],
  ],
  [
    lite06,
    "022a01 000904726f6f6d01070305 02050001080305 000400000305 010100",
    [
      { kind: "ok", hop: 42n, active: 1 },
      { kind: "start", suffix: "room", hops: [7n, 42n], cost },
      { kind: "update", suffix: "room", hops: [8n, 42n], cost },
      { kind: "start", suffix: "", hops: [42n], cost },
      { kind: "end", suffix: "room" },
    ],
  ],
];

for (const [version, hex, events] of streams) {
  Deno.test(`${version.protocol}: an announce stream is written from the text's layouts`, () => {
    assert.equal(write(version), hex);
  });

  Deno.test(`${version.protocol}: an announce stream is read as it was written`, () => {
    assert.deepEqual(read(version, hex), events);
  });

  Deno.test(`${version.protocol}: an announcement that is cut, or has a byte more, is refused`, () => {
    const parts = messagesOf(version, hex);
    parts.forEach((part, index) => {
      const isTyped = version === lite06 && index > 0;
      const head = isTyped ? part.slice(0, 2) : "";
      const body = part.slice(isTyped ? 4 : 2);
      const before = parts.slice(0, index).join("");
      const others = range(body.length / 2).map((length) => body.slice(0, length * 2));
      for (const other of [...others, `${body}00`]) {
        const length = (other.length / 2).toString(16).padStart(2, "0");
        assert.throws(() => read(version, `${before}${head}${length}${other}`), DecodeError);
      }
    });
  });
}

/** The messages of a stream, each as its hex; a type and a length are a byte each. */
function messagesOf(version: LiteVersion, hex: string): string[] {
  const parts: string[] = [];
  for (let rest = hex.replaceAll(" ", ""); rest.length > 0;) {
    const isTyped = version === lite06 && parts.length > 0;
    const lengthAt = isTyped ? 2 : 0;
    const size = lengthAt + 2 + 2 * parseInt(rest.slice(lengthAt, lengthAt + 2), 16);
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return parts;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

const refused: readonly (readonly [string, LiteVersion, string])[] = [
  ["an end of what was never announced", lite03, "03000000"],
  ["a second active for what is there", lite04, "040100012a 040100012a"],
  ["an end twice", lite05, "022a00 03010000 03000000 03000000"],
  ["an announcement before ANNOUNCE_OK", lite05, "03010000"],
  ["a status that there is not", lite05, "022a00 03030000"],
  ["a restart in 04", lite04, "03020000"],
  ["more hops than the limit", lite05, "022a00 03010021"],
  ["more hops than follow", lite05, "022a00 0401000207"],
  ["a route that is started twice", lite06, "022a00 000400000305 000400000305"],
  ["an end of a route that is not there", lite06, "022a00 010100"],
  ["an update of a route that is over", lite06, "022a00 000400000305 010100 02040000 0305"],
  ["a hop that comes twice", lite06, "022a00 0006000207070000"],
  ["a type that there is not", lite06, "022a00 030100"],
];

for (const [what, version, hex] of refused) {
  Deno.test(`${version.protocol}: ${what} is a violation`, () => {
    assert.throws(() => read(version, hex), DecodeError);
  });
}

Deno.test("moq-lite-05: a restart, as moq-dev calls it, changes what is there", () => {
  const [, first, second] = read(lite05, "022a00 03010000 0402000107");
  assert.equal(first!.kind, "start");
  assert.equal(second!.kind, "update");
});

Deno.test("moq-lite-06: a number is never used again, and unnamed hops may be many", () => {
  const events = read(lite06, "022a00 000400000305 010100 0006000200000305 010101");
  assert.deepEqual(events.map(({ kind }) => kind), ["ok", "start", "end", "start", "end"]);
});

Deno.test("moq-lite-06: a route that was not started is not written", () => {
  const writer = lite06.announcements.writer(1n);
  assert.throws(() => writer.end("a"), EncodeError);
  assert.throws(() => writer.start("a", Array(33).fill(1n), cost), EncodeError);
});
