import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  decodeDatagram,
  DecodeError,
  decodeSubgroupHeader,
  decodeTrackProperties,
  encodeDatagram,
  encodeSubgroupHeader,
  type FetchRangeKind,
  type FetchWriter,
  isMalformed,
  MAX_OBJECT_ID,
  type ObjectDatagram,
  ObjectHeaderDecoder,
  objectHeaderSize,
  SHORT,
  type SubgroupHeader,
  vi64,
  writeObjectHeader,
} from "@qumo/shared/wire";
import { checkProperty } from "../support/properties.ts";
import { referenceData } from "../support/reference_draft.ts";

const MAX = 2n ** 64n - 1n;
const EMPTY = new Uint8Array(0);

/** Whole numbers below 2^bits, as many short ones as long ones. */
function bits(most: number): fc.Arbitrary<bigint> {
  return fc.nat({ max: most }).chain((n) => fc.bigInt(0n, 2n ** BigInt(n) - 1n));
}

const id64 = fc.oneof(bits(64), fc.constantFrom(0n, MAX));
const objectId = fc.oneof(bits(53).map(Number), fc.constantFrom(0, MAX_OBJECT_ID));
const priority = fc.option(fc.nat({ max: 255 }), { nil: undefined });
const block = fc.uint8Array({ minLength: 1, maxLength: 200 });
const payload = fc.uint8Array({ maxLength: 300 });

/** Checks many values; stops at the first that fails, as making streams smaller takes minutes. */
function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void, numRuns = 300): void {
  checkProperty(fc.property(arbitrary, check), { numRuns, endOnFailure: true });
}

/** Decodes, and lets nothing but a DecodeError pass for a refusal. */
function decodesOrRefuses(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

Deno.test("Any subgroup header is the same after it was written and read", () => {
  const header: fc.Arbitrary<SubgroupHeader> = fc.record({
    alias: id64,
    group: id64,
    subgroup: fc.option(id64, { nil: undefined }),
    priority,
    hasProperties: fc.boolean(),
    endOfGroup: fc.boolean(),
    firstObject: fc.boolean(),
  }, { noNullPrototype: true });
  holds(header, (value) => {
    const reader = new ByteReader(encodeSubgroupHeader(value, referenceData), vi64);
    assert.deepEqual(decodeSubgroupHeader(reader, reader.varint(), referenceData), value);
    reader.end("the header");
  });
});

Deno.test("Any datagram is the same after it was written and read", () => {
  const position = { alias: id64, group: id64, object: objectId, priority };
  const normal = fc.record({
    ...position,
    properties: fc.oneof(fc.constant(EMPTY), block),
    status: fc.constant(0),
    endOfGroup: fc.boolean(),
    payload,
  }, { noNullPrototype: true });
  const ending = fc.record({
    ...position,
    properties: fc.constant(EMPTY),
    status: fc.constantFrom(3, 4),
    endOfGroup: fc.constant(false),
    payload: fc.constant(EMPTY),
  }, { noNullPrototype: true });
  const datagram: fc.Arbitrary<ObjectDatagram> = fc.oneof(normal, ending);
  holds(
    datagram,
    (value) =>
      assert.deepEqual(decodeDatagram(encodeDatagram(value, referenceData), referenceData), value),
  );
});

interface SubgroupObject {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly status: number;
  readonly payload: Uint8Array;
}

/** Objects of a subgroup in ascending order, and whether their stream has properties. */
const subgroup = fc.boolean().chain((hasProperties) => {
  const properties = hasProperties ? fc.oneof(fc.constant(EMPTY), block) : fc.constant(EMPTY);
  const content = fc.oneof(
    fc.record({ properties, status: fc.constant(0), payload }),
    fc.record({
      properties: fc.constant(EMPTY),
      status: fc.constantFrom(0, 3, 4),
      payload: fc.constant(EMPTY),
    }),
  );
  const ids = fc.uniqueArray(objectId, { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
  const objects = fc.tuple(ids, fc.array(content, { minLength: 12, maxLength: 12 })).map((
    [list, contents],
  ) => list.map((id, index): SubgroupObject => ({ id, ...contents[index]! })));
  return objects.map((list) => ({ hasProperties, objects: list }));
});

function writeSubgroup(objects: readonly SubgroupObject[], hasProperties: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  let previous = -1;
  for (const { id, properties, status, payload } of objects) {
    const delta = id - previous - 1;
    const size = objectHeaderSize(
      delta,
      hasProperties,
      properties,
      payload.length,
      status,
      referenceData.varint,
    );
    const bytes = new Uint8Array(size + payload.length);
    const at = writeObjectHeader(
      bytes,
      0,
      delta,
      hasProperties,
      properties,
      payload.length,
      status,
      referenceData.varint,
    );
    assert.equal(at, size);
    bytes.set(payload, at);
    parts.push(bytes);
    previous = id;
  }
  return joinBytes(parts);
}

interface StreamDecoder {
  payloadLength: number;
  decode(bytes: Uint8Array, at: number, end: number): number;
}

/**
 * Reads a stream of which the bytes come up to each of the `ends` in turn, and then all. Calls back
 * for each item, with the offset of its payload, once that is there too.
 */
function readChopped(
  decoder: StreamDecoder,
  bytes: Uint8Array,
  ends: readonly number[],
  item: (payloadAt: number) => void,
): number {
  let at = 0;
  let payloadAt = SHORT;
  for (const end of [...ends.map((end) => Math.min(end, bytes.length)), bytes.length]) {
    for (;;) {
      if (payloadAt === SHORT) payloadAt = decoder.decode(bytes, at, end);
      if (payloadAt === SHORT || payloadAt + decoder.payloadLength > end) break;
      item(payloadAt);
      at = payloadAt + decoder.payloadLength;
      payloadAt = SHORT;
    }
  }
  return at;
}

const cuts = fc.array(fc.nat({ max: 3_000 }), { maxLength: 30 }).map((list) =>
  list.sort((a, b) => a - b)
);

Deno.test("A subgroup that comes in any pieces has the same objects", () => {
  holds(fc.tuple(subgroup, cuts), ([{ hasProperties, objects }, ends]) => {
    const bytes = writeSubgroup(objects, hasProperties);
    const decoder = new ObjectHeaderDecoder(hasProperties, referenceData);
    const seen: SubgroupObject[] = [];
    const end = readChopped(decoder, bytes, ends, (payloadAt) => {
      seen.push({
        id: decoder.id,
        properties: bytes.slice(decoder.propertiesStart, decoder.propertiesEnd),
        status: decoder.status,
        payload: bytes.slice(payloadAt, payloadAt + decoder.payloadLength),
      });
    });
    assert.equal(end, bytes.length);
    assert.deepEqual(seen, objects);
  });
});

interface FetchItem {
  readonly kind: "object" | FetchRangeKind;
  readonly group: bigint;
  readonly object: number;
  /** What only objects have; nothing of the end of a range. */
  readonly subgroup?: bigint | undefined;
  readonly priority?: number;
  readonly properties?: Uint8Array;
  readonly payload?: Uint8Array;
}

const fetchRange = fc.record({ kind: fc.constantFrom("non_existent", "unknown") });
const fetchObject = fc.record({
  kind: fc.constant("object"),
  subgroup: fc.oneof(fc.constant(undefined), fc.constantFrom(0n, 1n, 2n, 3n, MAX - 1n, MAX), id64),
  priority: fc.constantFrom(0, 1, 128, 255),
  properties: fc.oneof(fc.constant(EMPTY), block),
  payload,
});
const fetchContent = fc.oneof(fetchObject, fetchObject, fetchObject, fetchRange);

/** Items of a fetch in its order; groups and objects near to each other as often as far away. */
const fetchItems = fc.constantFrom("ascending" as const, "descending" as const).chain((order) => {
  const group = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(MAX - 5n, MAX), id64);
  const object = fc.oneof(fc.nat({ max: 8 }), objectId);
  const locations = fc.uniqueArray(fc.tuple(group, object), {
    maxLength: 15,
    selector: ([a, b]) => `${a}.${b}`,
  }).map((list) =>
    list.sort(([a, x], [b, y]) => {
      if (a === b) return x - y;
      return (a < b) === (order === "ascending") ? -1 : 1;
    })
  );
  const contents = fc.array(fetchContent, { minLength: 15, maxLength: 15 });
  return fc.tuple(locations, contents).map(([list, content]) => ({
    order,
    items: list.map(([group, object], index) =>
      ({ group, object, ...content[index]! }) as FetchItem
    ),
  }));
});

function writeItem(writer: FetchWriter, item: FetchItem): Uint8Array[] {
  const { kind, group, object, subgroup, priority = 0, properties, payload = EMPTY } = item;
  if (kind === "unknown") return [writer.unknownUpTo(group, object)];
  if (kind === "non_existent") return [writer.nonExistentUpTo(group, object)];
  const payloadLength = payload.length;
  return [writer.object({ group, subgroup, object, priority, properties, payloadLength }), payload];
}

Deno.test("A fetch that comes in any pieces has the same objects and ranges", () => {
  holds(fc.tuple(fetchItems, cuts), ([{ order, items }, ends]) => {
    const writer = referenceData.fetch.writer(order, referenceData);
    const bytes = joinBytes(items.flatMap((item) => writeItem(writer, item)));
    const decoder = referenceData.fetch.decoder(order, referenceData);
    const seen: FetchItem[] = [];
    const end = readChopped(decoder, bytes, ends, (payloadAt) => {
      const { kind, group, object, subgroup, priority } = decoder;
      if (kind !== "object") {
        seen.push({ group, object, kind });
        return;
      }
      const properties = bytes.slice(decoder.propertiesStart, decoder.propertiesEnd);
      const payload = bytes.slice(payloadAt, payloadAt + decoder.payloadLength);
      seen.push({ group, object, kind, subgroup, priority, properties, payload });
    });
    assert.equal(end, bytes.length);
    assert.deepEqual(seen, items);
  });
});

/** Bytes as chance has them, and bytes that look more like what the decoders know. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.array(fc.constantFrom(0, 1, 2, 3, 4, 11, 12, 28, 60, 62, 127, 128, 129, 140, 255), {
    maxLength: 100,
  }).map((list) => Uint8Array.from(list)),
);

Deno.test("Random bytes on a subgroup's stream end in objects or a refusal", () => {
  holds(fc.tuple(garbage, fc.boolean()), ([bytes, hasProperties]) => {
    decodesOrRefuses(() => {
      const reader = new ByteReader(bytes, vi64);
      decodeSubgroupHeader(reader, reader.varint(), referenceData);
    });
    const decoder = new ObjectHeaderDecoder(hasProperties, referenceData);
    let previous = -1;
    decodesOrRefuses(() => {
      readChopped(decoder, bytes, [], (payloadAt) => {
        assert.ok(decoder.id > previous && decoder.id <= MAX_OBJECT_ID);
        assert.ok(payloadAt + decoder.payloadLength <= bytes.length);
        assert.ok(decoder.propertiesStart <= decoder.propertiesEnd);
        previous = decoder.id;
      });
    });
  }, 3_000);
});

Deno.test("Random bytes on a fetch's stream end in items or a refusal", () => {
  holds(fc.tuple(garbage, fc.constantFrom("ascending", "descending")), ([bytes, order]) => {
    const decoder = referenceData.fetch.decoder(order as "ascending" | "descending", referenceData);
    decodesOrRefuses(() => {
      readChopped(decoder, bytes, [], (payloadAt) => {
        assert.ok(payloadAt + decoder.payloadLength <= bytes.length);
        assert.ok(decoder.group >= 0n && decoder.group <= MAX);
        assert.ok(decoder.object >= 0 && decoder.object <= MAX_OBJECT_ID);
      });
    });
  }, 3_000);
});

Deno.test("Random datagrams are read or refused, and what is read can be written", () => {
  holds(garbage, (bytes) => {
    decodesOrRefuses(() => {
      const datagram = decodeDatagram(bytes, referenceData);
      if (datagram === undefined) return;
      assert.deepEqual(
        decodeDatagram(encodeDatagram(datagram, referenceData), referenceData),
        datagram,
      );
    });
  }, 3_000);
});

Deno.test("Random properties are read or refused", () => {
  holds(garbage, (bytes) => {
    decodesOrRefuses(() => decodeTrackProperties(bytes, referenceData));
    const check = referenceData.properties.gapsOf(bytes);
    if (isMalformed(check)) assert.ok(check.malformed.length > 0);
  }, 3_000);
});

Deno.test("Lengths that are not there take no memory", () => {
  const most = "ff".repeat(9);
  for (const hex of [`00${most}`, `0000${most}`, `00fe1fffffffffffff`, `3c000080${most}`]) {
    const bytes = Uint8Array.fromHex(hex);
    for (const hasProperties of [true, false]) {
      decodesOrRefuses(() =>
        new ObjectHeaderDecoder(hasProperties, referenceData).decode(bytes, 0, bytes.length)
      );
    }
    decodesOrRefuses(() =>
      referenceData.fetch.decoder("ascending", referenceData).decode(bytes, 0, bytes.length)
    );
    decodesOrRefuses(() => decodeDatagram(Uint8Array.fromHex(`0d0000${most}`), referenceData));
  }
});
