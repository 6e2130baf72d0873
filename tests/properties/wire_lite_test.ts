/** moq-lite's messages and frames with made-up values and bytes; the seed is in properties.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "@qumo/shared/runtime";
import {
  DecodeError,
  decodeLiteDatagram,
  encodeDatagramHeader,
  encodeDatagramRest,
  encodeStreamType,
  FrameDecoder,
  FrameWriter,
  type Layout,
  type LiteMessages,
  type LiteVersion,
  liteVersionOf,
  liteVersions,
  MAX_LITE_ANNOUNCEMENTS,
  MAX_LITE_HOPS,
  MAX_LITE_MESSAGE_BYTES,
  MAX_TIMESTAMP,
  rfc9000,
  SHORT,
} from "@qumo/shared/wire";
import { arbitrary, integerUpTo, madeUpLite } from "../support/made_up.ts";
import { checkProperty, SEED } from "../support/properties.ts";

/** A record as a decoder makes them. */
const record: typeof fc.record =
  ((fields: never, constraints?: object) =>
    fc.record(fields, { ...constraints, noNullPrototype: true })) as never;

const integer = integerUpTo(rfc9000.max);

/** Any message of this name. SETUP has integers in parameters, whose lengths chance does not find. */
function valuesOf(version: LiteVersion, name: keyof LiteMessages): fc.Arbitrary<unknown> {
  if (name !== "setup") return arbitrary((random) => madeUpLite(version, name, random));
  const role = fc.constantFrom("publisher", "subscriber");
  const ofLast = version.number === 6 ? { role, cost: integer, hop: integer } : {};
  const path = fc.string({ unit: "grapheme", maxLength: 40 });
  return record({ probe: fc.nat({ max: 2 }), path, ...ofLast }, { requiredKeys: ["probe"] })
    .filter(({ hop }) => hop !== 0n);
}

/** Fields that have but one value in a version. */
const UNSAID: Readonly<Record<number, readonly string[]>> = {
  3: ["endFrame", "excludeHop", "info timescale", "rtt", "startFrame"],
  4: ["endFrame", "info timescale", "startFrame"],
  5: ["endFrame", "startFrame"],
  6: ["excludeHop", "oldestFirst", "start kind"],
};

/** Notes of the fields of a message what their values are, roughly: which word, how large, none. */
function noteSorts(message: object, into: Map<string, Set<unknown>>, of = ""): void {
  for (const [name, value] of Object.entries(message)) {
    const sort = typeof value === "bigint" ? value > 2n ** 53n : value;
    if (typeof value === "object") noteSorts(value, into, `${name} `);
    else into.set(of + name, (into.get(of + name) ?? new Set()).add(sort));
  }
}

/** The parts of one message: its type, its length and its body. */
function split(layout: Layout<unknown>, bytes: Uint8Array): { type?: bigint; body: Uint8Array } {
  let at = 0;
  const next = () => {
    const value = rfc9000.read(bytes, at);
    at += rfc9000.lengthFrom(bytes[at]!);
    return value;
  };
  const type = layout.isTyped ? { type: next() } : {};
  assert.equal(Number(next()), bytes.length - at);
  return { ...type, body: bytes.subarray(at) };
}

function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

for (const version of liteVersions) {
  const all = Object.entries(version.messages) as [keyof LiteMessages, Layout<unknown>][];
  const rows = all.filter(([, layout]) => layout !== undefined);
  for (const [name, layout] of rows) {
    Deno.test(`${version.protocol}: any ${name} comes back as it went out`, () => {
      checkProperty(
        fc.property(valuesOf(version, name), (value) => {
          const { type, body } = split(layout, layout.encode(value));
          assert.deepEqual({ ...layout.decode(type, body) as object }, { ...value as object });
        }),
        { numRuns: 200 },
      );
    });

    Deno.test(`${version.protocol}: any bytes as ${name} are refused or read, and then written the same`, () => {
      checkProperty(
        fc.property(fc.uint8Array({ maxLength: 80 }), fc.bigInt(0n, 3n), (bytes, type) => {
          const value = readOrRefuse(() => layout.decode(type, bytes));
          if (value === undefined) return;
          const again = split(layout, layout.encode(value));
          assert.deepEqual(layout.decode(again.type, again.body), value);
        }),
        { numRuns: 2_000 },
      );
    });
  }

  // What is made up is made up by decoders, which might leave something out.
  Deno.test(`${version.protocol}: what is made up says all that there are words for`, () => {
    const unsaid = new Set<string>();
    for (const [name] of rows) {
      if (name === "setup") continue;
      const sorts = new Map<string, Set<unknown>>();
      const messages = fc.sample(valuesOf(version, name), { seed: SEED, numRuns: 300 });
      for (const message of messages) noteSorts(message as object, sorts);
      for (const [field, { size }] of sorts) if (size < 2) unsaid.add(field);
    }
    assert.deepEqual([...unsaid].sort(), UNSAID[version.number]);
  });

  Deno.test(`${version.protocol}: any announcements come back as they went out`, () => {
    const hop = fc.bigInt(version.number === 3 ? 0n : 1n, version.number === 3 ? 0n : 1_000n);
    const hops = fc.uniqueArray(hop, { maxLength: MAX_LITE_HOPS - 1 });
    const suffix = fc.constantFrom("", "a", "b/c", "ä");
    const cost = record({ warm: integer, cold: integer });
    const own = version.number === 3 ? 0n : 5_000n;
    checkProperty(
      fc.property(fc.array(record({ suffix, hops, cost, isEnd: fc.boolean() })), (moves) => {
        const writer = version.announcements.writer(own);
        const reader = version.announcements.reader();
        const live = new Set<string>();
        const read = (bytes: Uint8Array) => {
          const { type, body } = split(reader.layout, bytes);
          return reader.decode(type, body);
        };
        const ok = writer.ok(MAX_LITE_ANNOUNCEMENTS);
        if (ok.length > 0) assert.deepEqual(read(ok).kind, "ok");
        for (const { suffix, hops, cost, isEnd } of moves) {
          if (!live.has(suffix)) {
            const event = read(writer.start(suffix, hops, cost));
            assert.ok(event.kind === "start" && event.suffix === suffix);
            assert.deepEqual(event.hops, [...hops, own]);
            if (version.number === 6) assert.deepEqual(event.cost, cost);
            live.add(suffix);
          } else if (isEnd) {
            assert.deepEqual(read(writer.end(suffix)), { kind: "end", suffix });
            live.delete(suffix);
          } else if (version.number >= 5) {
            const event = read(writer.update(suffix, hops, cost));
            assert.ok(event.kind === "update" && event.suffix === suffix);
            assert.deepEqual(event.hops, [...hops, own]);
          }
        }
      }),
    );
  });

  Deno.test(`${version.protocol}: any bytes on an announce stream are refused or read`, () => {
    const part = fc.tuple(fc.bigInt(0n, 3n), fc.uint8Array({ maxLength: 12 }));
    checkProperty(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const reader = version.announcements.reader();
        for (const [type, body] of parts) readOrRefuse(() => reader.decode(type, body));
      }),
      { numRuns: 2_000 },
    );
  });

  Deno.test(`${version.protocol}: any frames come back as they went out, however they are cut`, () => {
    const step = fc.oneof(fc.bigInt(-50n, 50n), fc.bigInt(-(2n ** 40n), 2n ** 60n));
    const frame = record({ step, payload: fc.uint8Array({ maxLength: 80 }) });
    checkProperty(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.nat({ max: 30 }), (frames, cut) => {
        const writer = new FrameWriter(version.frames);
        const written: { timestamp: bigint; payload: Uint8Array }[] = [];
        const parts: Uint8Array[] = [];
        let timestamp = 0n;
        for (const { step, payload } of frames) {
          const next = timestamp + step;
          timestamp = next < 0n || next > MAX_TIMESTAMP ? 0n : next;
          const head = new Uint8Array(writer.sizeOf(timestamp, payload.length));
          writer.write(head, 0, timestamp, payload.length);
          parts.push(head, payload);
          written.push({ timestamp: version.frames.hasTimestamps ? timestamp : 0n, payload });
        }
        const bytes = joinBytes(parts);
        const decoder = new FrameDecoder(version.frames);
        let at = 0;
        for (const { timestamp, payload } of written) {
          const early = Math.min(bytes.length, at + cut % 3);
          const first = decoder.decode(bytes, at, early);
          const start = first === SHORT ? decoder.decode(bytes, at, bytes.length) : first;
          assert.equal(decoder.timestamp, timestamp);
          assert.equal(decoder.payloadLength, payload.length);
          assert.deepEqual(bytes.subarray(start, start + payload.length), payload);
          at = start + payload.length;
        }
        assert.equal(at, bytes.length);
      }),
    );
  });

  Deno.test(`${version.protocol}: any bytes as frames are refused, read, or not enough`, () => {
    checkProperty(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const decoder = new FrameDecoder(version.frames);
        const end = readOrRefuse(() => decoder.decode(bytes, 0, bytes.length));
        assert.ok(end === undefined || end === SHORT || end <= bytes.length);
      }),
      { numRuns: 2_000 },
    );
  });
}

Deno.test("any datagram comes back as it went out", () => {
  const any = record({
    subscription: integer,
    group: integer,
    timestamp: integer,
    payload: fc.uint8Array({ maxLength: 1_000 }),
  });
  checkProperty(fc.property(any, (datagram) => {
    const bytes = joinBytes([
      encodeDatagramHeader(datagram.subscription),
      encodeDatagramRest(datagram),
    ]);
    assert.deepEqual(decodeLiteDatagram(bytes), datagram);
  }));
});

Deno.test("streams begin with their types, which differ within a version", () => {
  for (const { requests, uniStreams } of liteVersions) {
    for (const types of [requests, uniStreams]) {
      const there = Object.values(types).filter((type) => type !== undefined);
      assert.equal(new Set(there).size, there.length);
      for (const type of there) assert.deepEqual([...encodeStreamType(type)], [Number(type)]);
    }
  }
});

Deno.test("a message above the limit is not written", () => {
  const setup = liteVersionOf("moq-lite-05")!.messages.setup!;
  assert.ok(setup.encode({ probe: 0, path: "a".repeat(8_192) }).length < MAX_LITE_MESSAGE_BYTES);
});
