import {
  classifyUniStream,
  data18,
  decodeFetchHeader,
  decodeSubgroupHeader,
  FetchObjectDecoder,
  type FetchRangeKind,
  ObjectHeaderDecoder,
  SHORT,
  type SubgroupHeader,
} from "@qumo/shared/wire";
import { ByteSource } from "./byte_source.ts";
import type { ArrivedObject } from "../moq_test/check.ts";
import { Queue } from "./queue.ts";

/** A subgroup's stream as it arrives. */
export interface IncomingSubgroup {
  readonly kind: "subgroup";
  readonly header: SubgroupHeader;
  readonly objects: Queue<ArrivedObject>;
  /** Rejects when the stream was reset or broke off inside an object. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** What is said of everything up to this place that the fetch leaves out. */
export interface FetchRangeEnd {
  readonly range: FetchRangeKind;
  readonly group: bigint;
  readonly object: number;
}

/** A fetch's stream as it arrives. */
export interface IncomingFetch {
  readonly kind: "fetch";
  readonly requestId: bigint;
  readonly items: Queue<ArrivedObject | FetchRangeEnd>;
  /** Rejects when the stream was reset or broke off inside an object. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A peer's unidirectional stream, when its header has come; SETUP's is left to the caller. */
export async function readDataStream(
  stream: ReadableStream<Uint8Array>,
): Promise<IncomingSubgroup | IncomingFetch | { kind: "setup"; source: ByteSource } | undefined> {
  const source = new ByteSource(stream);
  const type = await source.parse((reader) => reader.varint());
  if (type === undefined) return undefined;
  switch (classifyUniStream(type, data18)) {
    case "setup":
      return { kind: "setup", source };
    case "subgroup": {
      const header = await source.parse((reader) => decodeSubgroupHeader(reader, type, data18));
      if (header === undefined) throw new Error("A stream ended before its subgroup's header");
      const objects = new Queue<ArrivedObject>();
      const ended = readSubgroup(source, header, objects).finally(() => objects.end());
      ended.catch(() => {});
      return { kind: "subgroup", header, objects, ended, stop: () => source.stop() };
    }
    case "fetch": {
      const requestId = await source.parse(decodeFetchHeader);
      if (requestId === undefined) throw new Error("A stream ended before its fetch's header");
      const items = new Queue<ArrivedObject | FetchRangeEnd>();
      const ended = readFetch(source, items).finally(() => items.end());
      ended.catch(() => {});
      return { kind: "fetch", requestId, items, ended, stop: () => source.stop() };
    }
    case "padding":
      return undefined;
  }
}

async function readSubgroup(
  source: ByteSource,
  { group, subgroup, priority, hasProperties }: SubgroupHeader,
  objects: Queue<ArrivedObject>,
): Promise<void> {
  const decoder = new ObjectHeaderDecoder(hasProperties, data18);
  let id = subgroup;
  for (;;) {
    const header = await source.take((bytes) => {
      const length = decoder.decode(bytes, 0, bytes.length);
      if (length === SHORT) return undefined;
      const properties = bytes.slice(decoder.propertiesStart, decoder.propertiesEnd);
      return { value: properties, length };
    });
    if (header === undefined) return;
    const { id: object, status, payloadLength } = decoder;
    id ??= BigInt(object);
    const payload = await source.bytes(payloadLength);
    objects.push({ group, subgroup: id, object, status, properties: header, payload, priority });
  }
}

async function readFetch(
  source: ByteSource,
  items: Queue<ArrivedObject | FetchRangeEnd>,
): Promise<void> {
  const decoder = new FetchObjectDecoder("ascending", data18);
  for (;;) {
    const properties = await source.take((bytes) => {
      const length = decoder.decode(bytes, 0, bytes.length);
      if (length === SHORT) return undefined;
      return { value: bytes.slice(decoder.propertiesStart, decoder.propertiesEnd), length };
    });
    if (properties === undefined) return;
    const { kind, group, object, subgroup, priority } = decoder;
    if (kind !== "object") {
      items.push({ range: kind, group, object });
      continue;
    }
    const payload = await source.bytes(decoder.payloadLength);
    items.push({ group, subgroup, object, status: 0, properties, payload, priority });
  }
}
