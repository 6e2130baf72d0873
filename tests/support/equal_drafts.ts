/** Drafts that are equal on the wire: what pins them so. */
import {
  type ControlMessage,
  encodeDatagram,
  encodeFetchHeader,
  encodeSubgroupHeader,
  MAX_OBJECT_ID,
  objectHeaderSize,
  type StreamDraft,
  writeObjectHeader,
} from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { arbitraryMessages } from "./arbitrary_control.ts";
import { integerUpTo, record } from "./arbitrary_values.ts";
import { layoutsOf, parametersIn } from "./layouts.ts";
import { SEED } from "./properties.ts";

const RUNS = 60;

/** How two drafts differ on the wire, in words; nothing for drafts that differ in their names alone. */
export function wireDifferences(one: StreamDraft, other: StreamDraft): string[] {
  const [ours, theirs] = [factsOf(one), factsOf(other)];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  const tables = [...names].filter((name) => ours.get(name) !== theirs.get(name));
  // Bytes of different tables are different for a reason that is told.
  return tables.length > 0 ? tables : [...controlDifferences(one, other), ...dataOf(one, other)];
}

/** Everything that a descriptor says, by what it is about. */
function factsOf(draft: StreamDraft): ReadonlyMap<string, string> {
  const { family, varint, control, data } = draft;
  const facts = new Map<string, unknown>([
    ["family", family],
    ["integers", varint.name],
    ["integers of data", data.varint.name],
    ["properties", data.properties.name],
    ["subgroup types", data.subgroupBits],
    ["datagram types", data.datagramBits],
    ["object statuses", [...data.statuses].sort()],
    ["ends of ranges", [...data.fetchRanges].sort()],
    ["parameters of answers and updates", draft.parameters],
    ["session codes", sorted(draft.sessionCodes)],
    ["stream codes", sorted(draft.streamCodes)],
    ["request codes", sorted(draft.requestCodes)],
    ["done codes", sorted(draft.doneCodes)],
  ]);
  for (const { kind, type, fields } of layoutsOf(draft)) {
    const parameters = parametersIn(fields);
    facts.set(kind, {
      type: String(type),
      alias: String(control.messages[kind]!.alias),
      fields: fields && Object.keys(fields),
      parameters: parameters?.names.map((name) => [name, String(parameters.table[name]!.type)]),
    });
  }
  return new Map([...facts].map(([name, fact]) => [name, JSON.stringify(fact)]));
}

function sorted(codes: Readonly<Partial<Record<string, number>>>) {
  return Object.entries(codes).sort(([a], [b]) => a < b ? -1 : 1);
}

/** Kinds of messages of which one draft writes other bytes than the other, or reads other words. */
function controlDifferences(one: StreamDraft, other: StreamDraft): string[] {
  const found = new Set<string>();
  for (const [kind, messages] of arbitraryMessages(one)) {
    const check = (message: ControlMessage) => {
      const frame = one.control.encode(message);
      assert.deepEqual(other.control.encode(message), frame);
      const { type } = one.control.messages[kind]!;
      const body = frame.slice(one.varint.sizeOf(type) + one.control.length.sizeFrom(frame[1]!));
      assert.deepEqual(other.control.decode(type, body), one.control.decode(type, body));
    };
    if (!holds(messages, check)) found.add(`bytes of ${kind}`);
  }
  return [...found];
}

/** Kinds of data of which one draft writes other bytes than the other. */
function dataOf(one: StreamDraft, other: StreamDraft): string[] {
  const id = integerUpTo(one.data.varint.max);
  const object = integerUpTo(BigInt(MAX_OBJECT_ID)).map(Number);
  const priority = fc.nat(255);
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  const position = { alias: id, group: id, object, priority };
  const header = record({
    ...position,
    subgroup: id,
    hasProperties: fc.boolean(),
    endOfGroup: fc.boolean(),
    firstObject: fc.boolean(),
  });
  const plain = record({ ...position, payload: bytes, properties: bytes, subgroup: id });
  const writers: readonly [string, boolean][] = [
    [
      "subgroup headers",
      holds(header, (value) => same((data) => encodeSubgroupHeader(value, data))),
    ],
    [
      "datagrams",
      holds(
        plain,
        (value) => same((data) => encodeDatagram({ ...value, status: 0, endOfGroup: false }, data)),
      ),
    ],
    ["object headers", holds(plain, (value) => same((data) => objectHeader(value, data)))],
    ["fetch headers", holds(id, (value) => same((data) => encodeFetchHeader(value, data)))],
    [
      "objects of a fetch",
      holds(plain, (value) =>
        same((data) =>
          data.fetch.writer("ascending", data)
            .object({ ...value, payloadLength: value.payload.length })
        )),
    ],
  ];
  return writers.filter(([, isSame]) => !isSame).map(([what]) => `bytes of ${what}`);

  function same(write: (data: StreamDraft["data"]) => Uint8Array): void {
    assert.deepEqual(write(one.data), write(other.data));
  }
}

function objectHeader(
  { object, properties, payload }: {
    readonly object: number;
    readonly properties: Uint8Array;
    readonly payload: Uint8Array;
  },
  { varint }: StreamDraft["data"],
): Uint8Array {
  const bytes = new Uint8Array(
    objectHeaderSize(object, true, properties, payload.length, 0, varint),
  );
  writeObjectHeader(bytes, 0, object, true, properties, payload.length, 0, varint);
  return bytes;
}

function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): boolean {
  return !fc.check(fc.property(arbitrary, check), { seed: SEED, numRuns: RUNS, endOnFailure: true })
    .failed;
}
