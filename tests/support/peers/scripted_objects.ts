/** Objects as scripted publishers write them and scripted subscribers read them, in streams and datagrams. */
import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteWriter,
  type DataDialect,
  decodeDatagram,
  type Draft,
  encodeDatagram,
  encodeSubgroupHeader,
  type ObjectDatagram,
  ObjectHeaderDecoder,
  SHORT,
  type SubgroupHeader,
  writeObjectHeader,
} from "@qumo/shared/wire";
import { readHeader } from "../../../relay/session/moqt/subscriber/ingest.ts";
import { pairs } from "../../../shared/wire/pairs.ts";
import type { Connection, SendStream } from "../../../relay/transport/mod.ts";
import { referenceData, referenceDraft } from "../reference_draft.ts";
import type { ScriptedPeer } from "./scripted_peer.ts";
import {
  type IncomingStream,
  OutgoingStream,
  type StreamEnd,
  type TypedStream,
} from "./scripted_streams.ts";
import { streamInit } from "../worlds/track_model.ts";

export const NO_PROPERTIES: Uint8Array = new Uint8Array(0);

/** The alias that publishers of these scenarios choose when nothing is said. */
export const ALIAS = 7n;

const text = new TextEncoder();

/** An object to send, or one that came. */
export interface ScriptedObject {
  readonly id: number;
  readonly payload: string;
  readonly properties?: Uint8Array;
  readonly status?: number;
}

/** An object to send, its payload in text or in bytes. */
export interface OutgoingObject extends Omit<ScriptedObject, "payload"> {
  readonly payload: string | Uint8Array;
}

/** Properties as a peer of this dialect writes them; scenarios write them as draft 18 does. */
export function written(properties: Uint8Array, dialect: DataDialect): Uint8Array {
  return dialect.properties.of({ bytes: properties, form: referenceData.properties });
}

/** The other way round. */
export function read(bytes: Uint8Array, dialect: DataDialect): Uint8Array {
  return referenceData.properties.of({ bytes, form: dialect.properties });
}

/** Pairs of properties, as they stand in messages: integers for even types, bytes for odd ones. */
export function properties(...list: readonly (readonly [number, number | Uint8Array])[]) {
  const writer = new ByteWriter(referenceDraft.varint);
  const rows = list.map(([type, value]) => ({
    type: BigInt(type),
    value: typeof value === "number" ? BigInt(value) : value,
  }));
  pairs.encode(writer, rows);
  return writer.finish();
}

/** The header of a subgroup, as publishers of these scenarios write it when nothing is said. */
export function subgroupHeader(fields: Partial<SubgroupHeader> = {}): SubgroupHeader {
  return { ...streamInit(fields), alias: fields.alias ?? ALIAS };
}

/** A subgroup's stream that a publisher writes object by object. */
export class SubgroupScript extends OutgoingStream {
  readonly #hasProperties: boolean;
  #previous = -1;

  constructor(stream: SendStream, draft: Draft, { hasProperties }: SubgroupHeader) {
    super(stream, draft);
    this.#hasProperties = hasProperties;
  }

  /** Sends objects in one write. */
  async send(...objects: readonly OutgoingObject[]): Promise<void> {
    await this.write(joinBytes(objects.map((object) => this.encode(object))));
  }

  /** An object as it would be sent next. */
  encode({ id, payload, properties, status = 0 }: OutgoingObject): Uint8Array {
    const { data } = this.draft;
    const body = typeof payload === "string" ? text.encode(payload) : payload;
    const header = new Uint8Array(64 + (properties?.length ?? 0));
    const end = writeObjectHeader(
      header,
      0,
      id - this.#previous - 1,
      this.#hasProperties,
      properties && written(properties, data),
      body.length,
      status,
      data.varint,
    );
    this.#previous = id;
    return joinBytes([header.subarray(0, end), body]);
  }
}

/** Opens a subgroup's stream and sends objects on it. */
export async function openSubgroup(
  { connection, draft }: { readonly connection: Connection; readonly draft: Draft },
  fields: Partial<SubgroupHeader> = {},
  ...objects: readonly OutgoingObject[]
): Promise<SubgroupScript> {
  const header = subgroupHeader(fields);
  const script = new SubgroupScript(await connection.openUni(), draft, header);
  await script.write(encodeSubgroupHeader(header, draft.data));
  if (objects.length > 0) await script.send(...objects);
  return script;
}

/** Sends a whole subgroup, FIN included. */
export async function sendSubgroup(
  peer: ScriptedPeer,
  fields: Partial<SubgroupHeader> = {},
  ...objects: readonly OutgoingObject[]
): Promise<void> {
  await (await openSubgroup(peer, fields, ...objects)).finish();
}

/** A subgroup's stream as a subscriber reads it. */
export class SubgroupReader {
  readonly header: SubgroupHeader;
  readonly stream: IncomingStream;
  readonly #decoder: ObjectHeaderDecoder;

  private constructor(header: SubgroupHeader, stream: IncomingStream) {
    this.header = header;
    this.stream = stream;
    this.#decoder = new ObjectHeaderDecoder(header.hasProperties, stream.draft.data);
  }

  /** Takes the next stream of the relay, which must be a subgroup's. */
  static async next(peer: ScriptedPeer): Promise<SubgroupReader> {
    return await SubgroupReader.of(await peer.nextStream());
  }

  /** Reads the header of a stream. */
  static async of(stream: TypedStream): Promise<SubgroupReader> {
    return new SubgroupReader(await readHeader(stream.input, stream.type, stream.draft), stream);
  }

  /** The next object, or how the stream ended. */
  async next(): Promise<ScriptedObject | StreamEnd> {
    const object = await this.nextBytes();
    if (typeof object !== "object") return object;
    const { id, status, properties, payload } = object;
    return {
      id,
      payload: new TextDecoder().decode(payload),
      ...(properties !== undefined && { properties: read(properties, this.stream.draft.data) }),
      ...(status !== 0 && { status }),
    };
  }

  /** As {@linkcode SubgroupReader.next}, in bytes. */
  async nextBytes() {
    const { input } = this.stream;
    const decoder = this.#decoder;
    for (;;) {
      const at = decoder.decode(input.bytes, input.start, input.end);
      if (at === SHORT && !await input.fill()) return await this.stream.ended();
      if (at === SHORT) continue;
      input.start = at;
      const { id, status, propertiesStart, propertiesEnd, payloadLength } = decoder;
      const properties = input.bytes.slice(propertiesStart, propertiesEnd);
      return {
        id,
        status,
        properties: this.header.hasProperties ? properties : undefined,
        payload: await this.stream.bytes(payloadLength),
      };
    }
  }

  /** All that is left: ids of objects, and how the stream ended. */
  async rest(): Promise<{ readonly ids: number[]; readonly end: StreamEnd }> {
    const { objects, end } = await this.objects();
    return { ids: objects.map(({ id }) => id), end };
  }

  /** All that is left, objects whole. */
  async objects(): Promise<{ readonly objects: ScriptedObject[]; readonly end: StreamEnd }> {
    const objects: ScriptedObject[] = [];
    for (;;) {
      const next = await this.next();
      if (typeof next !== "object") return { objects, end: next };
      objects.push(next);
    }
  }
}

/** Reads the next stream to its end: which group and subgroup, which ids, and how it ended. */
export async function nextSubgroup(peer: ScriptedPeer) {
  const reader = await SubgroupReader.next(peer);
  const { group, subgroup } = reader.header;
  return { group, subgroup, ...await reader.rest() };
}

/** A datagram with an object. */
export function datagram(
  peer: ScriptedPeer,
  fields: Partial<ObjectDatagram> & { readonly text?: string } = {},
): Uint8Array {
  const { text: payload = "x", properties = NO_PROPERTIES, ...rest } = fields;
  const { data } = peer.draft;
  return encodeDatagram({
    alias: ALIAS,
    group: 0n,
    object: 0,
    priority: undefined,
    properties: written(properties, data),
    status: 0,
    endOfGroup: false,
    payload: text.encode(payload),
    ...rest,
  }, data);
}

/** The next datagram of the relay. */
export async function nextDatagram(peer: ScriptedPeer): Promise<ObjectDatagram> {
  const { data } = peer.draft;
  const came = decodeDatagram(await peer.nextDatagram(), data)!;
  return { ...came, properties: read(came.properties, data) };
}

/** Objects 0 to `count` - 1 with short payloads. */
export function objects(count: number, from = 0): ScriptedObject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    payload: `object ${from + index}`,
  }));
}
