/** Data streams and datagrams of drafts with one control stream, as chance has them. */
import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  type DataDialect,
  decodeDatagram,
  DecodeError,
  decodeSubgroupHeader,
  encodeDatagram,
  encodeSubgroupHeader,
  isMalformed,
  MAX_OBJECT_ID,
  SHORT,
} from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { integerUpTo } from "../support/made_up.ts";
import { checkProperty } from "../support/properties.ts";
import { wireDrafts } from "../support/test_draft.ts";

const EMPTY = new Uint8Array(0);
const MAX = 2n ** 62n - 1n;
const id = integerUpTo(MAX);
const objectId = integerUpTo(BigInt(MAX_OBJECT_ID)).map(Number);
const block = fc.uint8Array({ minLength: 1, maxLength: 60 });
const payload = fc.uint8Array({ maxLength: 60 });

for (const { protocol, family, data } of wireDrafts) {
  if (family === "A") testData(protocol, data);
}

function testData(by: string, data: DataDialect): void {
  const mayDefault = (data.subgroupBits & 0x20) !== 0;
  const priority = mayDefault
    ? fc.option(fc.nat(255), { nil: undefined })
    : fc.nat(255) as fc.Arbitrary<number | undefined>;

  Deno.test(`${by}: any subgroup header is the same after it was written and read`, () => {
    const header = fc.record({
      alias: id,
      group: id,
      subgroup: fc.option(id, { nil: undefined }),
      priority,
      hasProperties: fc.boolean(),
      endOfGroup: fc.boolean(),
      firstObject: fc.constant(undefined),
    }, { noNullPrototype: true });
    holds(header, (value) => {
      const reader = new ByteReader(encodeSubgroupHeader(value, data), data.varint);
      assert.deepEqual(decodeSubgroupHeader(reader, reader.varint(), data), value);
      reader.end("the header");
    });
  });

  Deno.test(`${by}: any datagram is the same after it was written and read`, () => {
    const position = { alias: id, group: id, object: objectId, priority };
    const normal = fc.record({
      ...position,
      properties: fc.oneof(fc.constant(EMPTY), block),
      status: fc.constant(0),
      endOfGroup: fc.boolean(),
      payload,
    }, { noNullPrototype: true });
    const end = fc.record({
      ...position,
      properties: fc.constant(EMPTY),
      status: fc.constantFrom(3, 4),
      endOfGroup: fc.constant(false),
      payload: fc.constant(EMPTY),
    }, { noNullPrototype: true });
    holds(fc.oneof(normal, end), (value) => {
      assert.deepEqual(decodeDatagram(encodeDatagram(value, data), data), value);
    });
  });

  Deno.test(`${by}: a fetch that comes in any pieces has the same objects`, () => {
    holds(fc.tuple(objectsOf(data), fc.nat(20)), ([{ order, objects }, step]) => {
      const writer = data.fetch.writer(order, data);
      const bytes = joinBytes(objects.flatMap(({ payload, ...object }) => [
        writer.object({ ...object, payloadLength: payload.length }),
        payload,
      ]));
      assert.deepEqual(readAll(data, { order, bytes, step: step + 1 }), objects);
    });
  });

  Deno.test(`${by}: random bytes on streams and in datagrams are read or refused`, () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(fc.constantFrom(0, 1, 2, 3, 4, 11, 12, 28, 60, 63, 64, 65, 127, 128, 140, 255), {
        maxLength: 100,
      }).map((list) => Uint8Array.from(list)),
    );
    const orders = fc.constantFrom("ascending" as const, "descending" as const);
    holds(fc.tuple(garbage, orders), ([bytes, order]) => {
      orRefused(() => {
        const decoder = data.fetch.decoder(order, data);
        for (let at = 0; at < bytes.length;) {
          const next = decoder.decode(bytes, at, bytes.length);
          if (next === SHORT) return;
          assert.ok(next > at && next <= bytes.length);
          assert.ok(decoder.object >= 0 && decoder.object <= MAX_OBJECT_ID);
          at = next + decoder.payloadLength;
        }
      });
      orRefused(() => {
        const datagram = decodeDatagram(bytes, data);
        if (datagram === undefined) return;
        assert.deepEqual(decodeDatagram(encodeDatagram(datagram, data), data), datagram);
      });
      const gaps = data.properties.gapsOf(bytes);
      if (isMalformed(gaps)) assert.ok(gaps.malformed.length > 0);
    }, 2_000);
  });
}

interface FetchedObject {
  readonly group: bigint;
  readonly object: number;
  readonly subgroup: bigint | undefined;
  readonly priority: number;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
}

type Order = "ascending" | "descending";

/** Objects of a fetch in its order; where there is no word for a datagram, none is one. */
function objectsOf(data: DataDialect) {
  const hasDatagrams = data.fetchRanges.size > 0;
  const content = fc.record({
    subgroup: hasDatagrams ? fc.option(id, { nil: undefined }) : id,
    priority: fc.constantFrom(0, 1, 128, 255),
    properties: fc.oneof(fc.constant(EMPTY), block),
    payload,
  });
  const location = fc.tuple(
    fc.oneof(fc.bigInt(0n, 5n), id),
    fc.oneof(fc.nat(8), objectId),
  );
  const order = fc.constantFrom<Order>("ascending", "descending");
  return fc.tuple(order, fc.array(fc.tuple(location, content), { maxLength: 12 })).map(
    ([order, list]) => {
      const seen = new Map(
        list.map(([[group, object], rest]) =>
          [`${group}.${object}`, { group, object, ...rest }] as const
        ),
      );
      const objects = [...seen.values()].sort((a, b) => {
        if (a.group === b.group) return a.object - b.object;
        return (a.group < b.group) === (order === "ascending") ? -1 : 1;
      });
      return { order, objects: objects as FetchedObject[] };
    },
  );
}

/** What a decoder reads that is given so many bytes more each time. */
function readAll(
  data: DataDialect,
  { order, bytes, step }: { order: Order; bytes: Uint8Array; step: number },
): FetchedObject[] {
  const decoder = data.fetch.decoder(order, data);
  const found: FetchedObject[] = [];
  let at = 0;
  for (let end = 0; at < bytes.length; end = Math.min(end + step, bytes.length)) {
    const next = decoder.decode(bytes, at, end);
    if (next === SHORT) continue;
    at = next + decoder.payloadLength;
    const { group, object, subgroup, priority, propertiesStart, propertiesEnd } = decoder;
    assert.equal(decoder.kind, "object");
    const properties = bytes.slice(propertiesStart, propertiesEnd);
    found.push({ group, object, subgroup, priority, properties, payload: bytes.slice(next, at) });
    end = Math.max(end, at) - step;
  }
  return found;
}

function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void, numRuns = 200): void {
  checkProperty(fc.property(arbitrary, check), { numRuns, endOnFailure: true });
}

function orRefused(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}
