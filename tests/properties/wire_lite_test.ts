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
  liteVersionOf,
  liteVersions,
  MAX_LITE_ANNOUNCEMENTS,
  MAX_LITE_HOPS,
  MAX_LITE_MESSAGE_BYTES,
  MAX_TIMESTAMP,
  rfc9000,
  SHORT,
} from "@qumo/shared/wire";
import { checkProperty } from "../support/properties.ts";

/** A record as a decoder makes them. */
const record: typeof fc.record =
  ((fields: never, constraints?: object) =>
    fc.record(fields, { ...constraints, noNullPrototype: true })) as never;

const integer = fc.oneof(
  fc.bigInt(0n, 100n),
  fc.bigInt(0n, rfc9000.max),
  fc.constantFrom(0n, 63n, 64n, 16_383n, rfc9000.max - 1n),
);
const optional = fc.option(integer.map((value) => value % rfc9000.max), { nil: undefined });
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const byte = fc.nat({ max: 255 });
const names = { broadcast: text, track: text };
const info = { priority: byte, oldestFirst: fc.boolean(), maxAge: integer };

type Values = { readonly [K in keyof LiteMessages]: fc.Arbitrary<unknown> };

/** Values of every message, with what each version can say. */
function valuesOf(number: number): Values {
  const isLast = number === 6;
  const frame = isLast ? integer : fc.constant(0n);
  const start = isLast
    ? integer.map((group) => ({ kind: "floor", group }))
    : optional.map((group) => group === undefined ? { kind: "latest" } : { kind: "group", group });
  const update = record({
    priority: byte,
    oldestFirst: isLast ? fc.constant(false) : fc.boolean(),
    maxAge: integer,
    start,
    endGroup: optional,
    startFrame: frame,
    endFrame: isLast ? optional : fc.constant(undefined),
  }).map((value) => value.endGroup === undefined ? { ...value, endFrame: undefined } : value);
  const drop = record({
    kind: fc.constant("drop"),
    first: integer,
    last: integer,
    code: integer,
  });
  const early = record({
    kind: fc.constant("ok"),
    info: record({ ...info, timescale: fc.constant(0n) }),
    group: optional,
    endGroup: optional,
  });
  const late = fc.oneof(
    record({ kind: fc.constant("ok"), group: integer }),
    record({ kind: fc.constant("end"), group: integer }),
  );
  return {
    setup: record({
      probe: fc.nat({ max: 2 }),
      path: text,
      ...isLast
        ? { role: fc.constantFrom("publisher", "subscriber"), cost: integer, hop: integer }
        : {},
    }, { requiredKeys: ["probe"] }).filter(({ hop }) => hop !== 0n),
    announceRequest: record({
      prefix: text,
      excludeHop: number === 4 || number === 5 ? integer : fc.constant(0n),
    }),
    subscribe: fc.tuple(record({ id: integer, ...names }), update).map(([a, b]) => ({
      ...a,
      ...b,
    })),
    subscribeUpdate: update,
    subscribeReply: fc.oneof(number < 5 ? early : late, drop),
    track: record(names),
    trackInfo: record({
      ...info,
      oldestFirst: isLast ? fc.constant(false) : fc.boolean(),
      timescale: integer.map((value) => value || 1n),
    }),
    fetch: record({
      ...names,
      priority: byte,
      group: integer,
      startFrame: frame,
      endFrame: isLast ? optional : fc.constant(undefined),
    }),
    probe: record({ bitrate: integer, rtt: number === 3 ? fc.constant(0n) : integer }),
    goaway: record({ uri: text }),
    group: record({ subscription: integer, group: integer, startFrame: frame }),
  };
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
  const values = valuesOf(version.number);
  const rows = Object.entries(version.messages) as [keyof LiteMessages, Layout<unknown>][];
  for (const [name, layout] of rows.filter(([, layout]) => layout !== undefined)) {
    Deno.test(`${version.protocol}: any ${name} comes back as it went out`, () => {
      checkProperty(
        fc.property(values[name], (value) => {
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
