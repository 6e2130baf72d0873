import assert from "node:assert/strict";
import { foreignVectors, vectorTest } from "../../../../tests/support/foreign_vectors.ts";
import { ByteReader } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import { decodeDatagram } from "../data/datagram.ts";
import { decodeFetchHeader } from "../data/fetch.ts";
import { ObjectHeaderDecoder } from "../data/object_header.ts";
import { decodeSubgroupHeader } from "../data/subgroup.ts";
import { SHORT } from "../../varint_end.ts";
import type { Draft } from "./draft.ts";
import { draft14 } from "./draft14.ts";
import { draft15 } from "./draft15.ts";
import { draft16 } from "./draft16.ts";
import { draft20 } from "./draft20.ts";
import { draft22 } from "./draft22.ts";

interface VectorObject {
  readonly group_id?: string;
  readonly object_id?: string;
  readonly payload_hex?: string;
}

interface Vector {
  readonly id: string;
  readonly hex: string;
  readonly decoded?: VectorObject & { readonly objects?: readonly VectorObject[] };
}

/** Where we do otherwise than the vectors say, with the reason. */
type Exceptions = Readonly<Record<string, string>>;

const NOT_THERE = "an object that does not exist is thrown away";
const PROPERTIES_OF_ENDS = "only a normal object has properties";
const COUNTED = "the vector counts ids otherwise where objects have extensions: the draft does not";
const PRIORITY = "the first object of a fetch refers to the priority of none before it";
const LENGTH = "the vector has a length behind the end of a range: the draft has nothing there";
const OF_DRAFT_14: Exceptions = {
  "datagram.json type-0x20": NOT_THERE,
  "datagram.json status-0x1": NOT_THERE,
  "datagram.json type-0x21": "an object that does not exist has no extensions",
};
const OF_DRAFT_15: Exceptions = {
  "datagram.json datagram-status": NOT_THERE,
  "datagram.json datagram-with-extensions": "extensions that are announced are not empty",
  "subgroup.json subgroup-extensions-two-objects-empty": COUNTED,
  "subgroup.json subgroup-extensions-two-objects-nonempty": COUNTED,
  "subgroup.json subgroup-extensions-status-object": PROPERTIES_OF_ENDS,
};
const OF_DRAFT_16: Exceptions = {
  ...OF_DRAFT_15,
  "fetch-header.json fetch-end-of-non-existent-range": LENGTH,
  "fetch-header.json fetch-end-of-unknown-range": LENGTH,
  "fetch-header.json fetch-with-explicit-subgroup": PRIORITY,
  "fetch-header.json fetch-datagram-forwarding": PRIORITY,
};
const OF_DRAFT_21: Exceptions = {
  "subgroup.json subgroup-properties-status-object": PROPERTIES_OF_ENDS,
  "fetch-header.json fetch-end-of-non-existent-range": LENGTH,
  "fetch-header.json fetch-end-of-unknown-range": LENGTH,
  "fetch-header.json fetch-end-of-timed-out-range": LENGTH,
  "fetch-header.json fetch-timed-out-range-after-object": LENGTH,
  "fetch-header.json fetch-object-after-timed-out-marker": LENGTH,
};

// Its vectors of draft 17 are written in QUIC's integers, which that draft no longer has.
for (
  const [draft, folder, exceptions] of [
    [draft14, "draft14", OF_DRAFT_14],
    [draft15, "draft15", OF_DRAFT_15],
    [draft16, "draft16", OF_DRAFT_16],
    [draft20, "draft21", OF_DRAFT_21],
    [draft22, "draft21", OF_DRAFT_21],
  ] as readonly [Draft, string, Exceptions][]
) {
  const vectors = [...foreignVectors(`moqtap/transport/${folder}/codec/data-streams/`)];
  vectorTest(`${draft.protocol} agrees with moqtap's objects of ${folder}`, vectors, () => {
    const found = vectors.flatMap(([file, json]) =>
      (json as { vectors: readonly Vector[] }).vectors.flatMap((vector) => {
        const id = `${file} ${vector.id}`;
        const difference = differenceOf(draft, file, vector);
        return difference === undefined || id in exceptions ? [] : [`${id}: ${difference}`];
      })
    );
    assert.deepEqual(found, []);
  });
}

function differenceOf(draft: Draft, file: string, { hex, decoded }: Vector): string | undefined {
  try {
    const objects = READERS[file]!(draft, Uint8Array.fromHex(hex));
    if (decoded === undefined) return "it is read";
    const { group_id = "" } = decoded;
    const expected = (decoded.objects ?? [decoded]).map((object) =>
      inWords({ group_id, ...object })
    );
    const read = objects.map(inWords);
    return read.join() === expected.join() ? undefined : `${read}, not ${expected}`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return decoded === undefined ? undefined : `${error.message}: ${hex}`;
  }
}

const READERS: Readonly<
  Record<string, (draft: Draft, bytes: Uint8Array) => readonly VectorObject[]>
> = {
  "datagram.json": ({ data }, bytes) => {
    const datagram = decodeDatagram(bytes, data);
    if (datagram === undefined) return [];
    const { group, object, payload } = datagram;
    return [{ group_id: `${group}`, object_id: `${object}`, payload_hex: payload.toHex() }];
  },
  "subgroup.json": ({ data, varint }, bytes) => {
    const reader = new ByteReader(bytes, varint);
    const { group, hasProperties } = decodeSubgroupHeader(reader, reader.varint(), data);
    const decoder = new ObjectHeaderDecoder(hasProperties, data);
    const objects: VectorObject[] = [];
    for (let at = reader.offset; at < bytes.length;) {
      const start = decoder.decode(bytes, at, bytes.length);
      if (start === SHORT) throw new DecodeError("short", "the end within an object");
      at = start + decoder.payloadLength;
      const payload_hex = bytes.slice(start, at).toHex();
      objects.push({ group_id: `${group}`, object_id: `${decoder.id}`, payload_hex });
    }
    return objects;
  },
  "fetch-header.json": ({ data, varint }, bytes) => {
    const reader = new ByteReader(bytes, varint);
    reader.varint();
    decodeFetchHeader(reader);
    const decoder = data.fetch.decoder("ascending", data);
    const objects: VectorObject[] = [];
    for (let at = reader.offset; at < bytes.length;) {
      const start = decoder.decode(bytes, at, bytes.length);
      if (start === SHORT) throw new DecodeError("short", "the end within an object");
      at = start + (decoder.kind === "object" ? decoder.payloadLength : 0);
      const payload_hex = bytes.slice(start, at).toHex();
      objects.push({ group_id: `${decoder.group}`, object_id: `${decoder.object}`, payload_hex });
    }
    return objects;
  },
};

function inWords({ group_id, object_id = "0", payload_hex = "" }: VectorObject): string {
  return `${group_id}/${object_id} ${payload_hex}`;
}
