/** What scripted publishers and subscribers say, in as few words as a scenario needs. */
import {
  ByteReader,
  type ControlMessageOf,
  type DataDialect,
  decodeDatagram,
  decodeSubgroupHeader,
  type DoneName,
  encodeDatagram,
  encodeSubgroupHeader,
  FetchObjectDecoder,
  type FetchRangeKind,
  type FullTrackName,
  type GroupOrder,
  type Location,
  type ObjectDatagram,
  type Parameters,
  type RequestErrorName,
  type SessionErrorName,
  SHORT,
  type StreamErrorName,
  type SubgroupHeader,
  WHOLE_GROUP,
  writeObjectHeader,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import type {
  IncomingStream,
  OutgoingStream,
  RequestStream,
  StreamEnd,
} from "../support/peers/scripted_streams.ts";
import type { ConnectOptions, SessionWorld } from "../support/worlds/session_world.ts";
import { referenceData, referenceDraft } from "../support/reference_draft.ts";

/** The track that most scenarios are about. */
export const VIDEO: FullTrackName = trackOf("live/cam", "video");

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

/** An object as it came, in bytes. */
export interface ReceivedObject {
  readonly id: number;
  readonly status: number;
  /** Undefined where the stream's objects have none. */
  readonly properties: Uint8Array | undefined;
  readonly payload: Uint8Array;
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
  let previous = 0;
  const parts: (bigint | Uint8Array)[] = [];
  for (const [type, value] of list) {
    parts.push(BigInt(type - previous));
    previous = type;
    if (typeof value === "number") parts.push(BigInt(value));
    else parts.push(BigInt(value.length), value);
  }
  return bytesOf(referenceDraft, ...parts);
}

/** Publishes a namespace; the request lasts as long as its stream. */
export async function announce(peer: ScriptedPeer, path: string): Promise<RequestStream> {
  const request = await peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf(path),
    parameters: {},
  });
  await request.expect("requestOk");
  return request;
}

/** What a publisher answers to SUBSCRIBE. */
export interface Acceptance {
  readonly alias?: bigint;
  readonly largest?: Location;
  readonly properties?: Uint8Array;
}

/** Waits for the relay's SUBSCRIBE and agrees to it. */
export async function accept(peer: ScriptedPeer, answer: Acceptance = {}) {
  const { request, message } = await peer.expectRequest("subscribe");
  await sendSubscribeOk(request, answer);
  return { request, message };
}

/** Agrees to a SUBSCRIBE. */
export async function sendSubscribeOk(request: RequestStream, answer: Acceptance = {}) {
  const { alias = ALIAS, largest, properties = NO_PROPERTIES } = answer;
  await request.send({
    kind: "subscribeOk",
    alias,
    parameters: largest === undefined ? {} : { largestObject: largest },
    properties: written(properties, request.draft.data),
  });
}

/** Sends SUBSCRIBE. */
export function subscribe(
  peer: ScriptedPeer,
  parameters: ControlMessageOf<"subscribe">["parameters"] = {},
  track: FullTrackName = VIDEO,
): Promise<RequestStream> {
  return peer.request({ kind: "subscribe", track, parameters });
}

/** A publisher of `live` and a subscriber of {@linkcode VIDEO}, both agreed. */
export async function watch(
  world: SessionWorld,
  options: {
    readonly answer?: Acceptance;
    readonly parameters?: ControlMessageOf<"subscribe">["parameters"];
    readonly subscriber?: ConnectOptions;
    readonly publisher?: ConnectOptions;
  } = {},
) {
  const publisher = await world.connect(options.publisher);
  const announcement = await announce(publisher, "live");
  const joined = await world.join(options.subscriber);
  const subscriber = joined.peer;
  const downstream = await subscribe(subscriber, options.parameters);
  const { request: upstream, message } = await accept(publisher, options.answer);
  const ok = await downstream.expect("subscribeOk");
  return { publisher, announcement, subscriber, joined, upstream, downstream, message, ok };
}

/** A further subscriber of a track that flows. */
export async function join(
  world: SessionWorld,
  parameters: ControlMessageOf<"subscribe">["parameters"] = {},
  options: ConnectOptions = {},
) {
  const joined = await world.join(options);
  const downstream = await subscribe(joined.peer, parameters);
  const ok = await downstream.expect("subscribeOk");
  return { subscriber: joined.peer, joined, downstream, ok };
}

/** The header of a subgroup, as publishers of these scenarios write it when nothing is said. */
export function subgroupHeader(fields: Partial<SubgroupHeader> = {}): SubgroupHeader {
  return {
    alias: ALIAS,
    group: 0n,
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: false,
    firstObject: false,
    ...fields,
  };
}

/** A subgroup's stream that a publisher writes object by object. */
export class SubgroupScript {
  readonly #stream: OutgoingStream;
  readonly #hasProperties: boolean;
  readonly #dialect: DataDialect;
  #previous = -1;

  constructor(stream: OutgoingStream, hasProperties: boolean, dialect: DataDialect) {
    this.#stream = stream;
    this.#hasProperties = hasProperties;
    this.#dialect = dialect;
  }

  /** Sends objects in one write. */
  async send(...objects: readonly OutgoingObject[]): Promise<void> {
    await this.raw(concat(objects.map((object) => this.encode(object))));
  }

  /** An object as it would be sent next. */
  encode({ id, payload, properties, status = 0 }: OutgoingObject): Uint8Array {
    const body = typeof payload === "string" ? text.encode(payload) : payload;
    const bytes = new Uint8Array(64 + (properties?.length ?? 0) + body.length);
    const delta = id - this.#previous - 1;
    const at = writeObjectHeader(
      bytes,
      0,
      delta,
      this.#hasProperties,
      properties && written(properties, this.#dialect),
      body.length,
      status,
      this.#dialect.varint,
    );
    this.#previous = id;
    bytes.set(body, at);
    return bytes.slice(0, at + body.length);
  }

  raw(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  finish(): Promise<void> {
    return this.#stream.finish();
  }

  reset(code: StreamErrorName): void {
    this.#stream.reset(code);
  }
}

/** Opens a subgroup's stream and sends objects on it. */
export async function openSubgroup(
  peer: ScriptedPeer,
  fields: Partial<SubgroupHeader> = {},
  ...objects: readonly OutgoingObject[]
): Promise<SubgroupScript> {
  const header = subgroupHeader(fields);
  const { data } = peer.draft;
  const stream = await peer.openStream(encodeSubgroupHeader(header, data));
  const script = new SubgroupScript(stream, header.hasProperties, data);
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
  #previous = -1;

  private constructor(header: SubgroupHeader, stream: IncomingStream) {
    this.header = header;
    this.stream = stream;
  }

  /** Takes the next stream of the relay, which must be a subgroup's. */
  static async next(peer: ScriptedPeer): Promise<SubgroupReader> {
    const stream = await peer.nextStream();
    return await SubgroupReader.of(stream);
  }

  /** Reads the header of a stream. */
  static async of(stream: IncomingStream & { readonly type: bigint }): Promise<SubgroupReader> {
    const bits = Number(stream.type);
    const parts = [await stream.varint(), await stream.varint()];
    if ((bits & 0x06) === 0x04) parts.push(await stream.varint());
    const priority = (bits & 0x20) === 0 ? await stream.bytes(1) : new Uint8Array(0);
    const { draft } = stream;
    const bytes = bytesOf(draft, ...parts, priority);
    return new SubgroupReader(
      decodeSubgroupHeader(new ByteReader(bytes, draft.varint), stream.type, draft.data),
      stream,
    );
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
  async nextBytes(): Promise<ReceivedObject | StreamEnd> {
    const delta = await this.stream.varintOrEnd();
    if (delta === undefined) return await this.stream.ended();
    const id = this.#previous + 1 + Number(delta);
    this.#previous = id;
    const properties = this.header.hasProperties
      ? await this.stream.bytes(Number(await this.stream.varint()))
      : undefined;
    const length = Number(await this.stream.varint());
    const status = length === 0 ? Number(await this.stream.varint()) : 0;
    return { id, status, properties, payload: await this.stream.bytes(length) };
  }

  /** All that is left: ids of objects, and how the stream ended. */
  async rest(): Promise<{ readonly ids: number[]; readonly end: StreamEnd }> {
    const ids: number[] = [];
    for (;;) {
      const next = await this.nextBytes();
      if (typeof next !== "object") return { ids, end: next };
      ids.push(next.id);
    }
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

/** Sends FETCH for a range; its end is the last location that is wanted, `whole` to the group's end. */
export function fetch(
  peer: ScriptedPeer,
  start: readonly [number, number],
  end: readonly [number, number | "whole"],
  parameters: ControlMessageOf<"fetch">["parameters"] = {},
  track: FullTrackName = VIDEO,
): Promise<RequestStream> {
  return peer.request({
    kind: "fetch",
    range: {
      type: "standalone",
      track,
      start: { group: BigInt(start[0]), object: BigInt(start[1]) },
      end: { group: BigInt(end[0]), object: end[1] === "whole" ? WHOLE_GROUP : BigInt(end[1]) },
    },
    parameters,
  });
}

/** An object of a fetch, or the end of a range of which it says something else. */
export interface FetchItem {
  readonly kind: "object" | FetchRangeKind;
  readonly group: bigint;
  readonly object: number;
  readonly subgroup: bigint | undefined;
  readonly priority: number;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
}

/** What came on the next stream, which must be a fetch's, and how it ended. */
export async function nextFetch(peer: ScriptedPeer, order: GroupOrder = "ascending") {
  const stream = await peer.nextStream();
  assert.equal(stream.type, 0x05n, "A fetch's stream was expected");
  const requestId = await stream.varint();
  const from = stream.seen.length;
  const { bytes, end } = await stream.whole();
  return { requestId, items: decodeFetch(bytes.slice(from), order, stream.draft.data), end };
}

/** As {@linkcode nextFetch}, in words: `3/0 text`, `unknown to 4/2`. */
export async function readFetch(
  peer: ScriptedPeer,
  order: GroupOrder = "ascending",
): Promise<{ readonly requestId: bigint; readonly items: string[]; readonly end: StreamEnd }> {
  const { items, ...rest } = await nextFetch(peer, order);
  return { ...rest, items: items.map(inWords) };
}

/** The objects and range ends of a fetch's stream behind its header, in words. */
export function fetchItems(
  whole: Uint8Array,
  order: GroupOrder = "ascending",
  dialect: DataDialect = referenceData,
): string[] {
  return decodeFetch(whole, order, dialect).map(inWords);
}

function decodeFetch(whole: Uint8Array, order: GroupOrder, dialect: DataDialect): FetchItem[] {
  // The copy is for the buffer's type alone.
  const bytes = new Uint8Array(whole);
  const decoder = new FetchObjectDecoder(order, dialect);
  const items: FetchItem[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = decoder.decode(bytes, at, bytes.length);
    assert.notEqual(next, SHORT, "A fetch's stream ends within an object's header");
    const { kind, group, object, subgroup, priority, propertiesStart, propertiesEnd } = decoder;
    at = next + (kind === "object" ? decoder.payloadLength : 0);
    const properties = bytes.subarray(propertiesStart, propertiesEnd);
    const payload = bytes.subarray(next, at);
    items.push({ kind, group, object, subgroup, priority, properties, payload });
  }
  return items;
}

function inWords({ kind, group, object, payload }: FetchItem): string {
  if (kind !== "object") return `${kind} to ${group}/${object}`;
  return `${group}/${object} ${new TextDecoder().decode(payload)}`;
}

/** Says that a publisher is through. */
export async function publishDone(
  request: RequestStream,
  code: DoneName,
  streamCount: number | bigint,
): Promise<void> {
  await request.send({
    kind: "publishDone",
    code,
    streamCount: BigInt(streamCount),
    reason: "",
  });
  await request.finish();
}

/** The refusal that must come next, and the end of the stream behind it. */
export async function refused(request: RequestStream, name: Uppercase<RequestErrorName>) {
  const error = await request.expect("requestError");
  assert.equal(error.code, name.toLowerCase(), `${name} expected: ${error.reason}`);
  assert.equal(await request.ended(), "fin");
  return error;
}

/** PUBLISH from a publisher. */
export function publish(
  peer: ScriptedPeer,
  options: Acceptance & {
    readonly track?: FullTrackName;
    readonly parameters?: Parameters<"forward" | "authorizationTokens" | "expires">;
  } = {},
): Promise<RequestStream> {
  const { track = VIDEO, alias = ALIAS, largest, properties = NO_PROPERTIES } = options;
  const largestObject = largest === undefined ? {} : { largestObject: largest };
  return peer.request({
    kind: "publish",
    track,
    alias,
    parameters: { ...options.parameters, ...largestObject },
    properties: written(properties, peer.draft.data),
  });
}

export function at(group: number, object: number): Location {
  return { group: BigInt(group), object: BigInt(object) };
}

/** Objects 0 to `count` - 1 with short payloads. */
export function objects(count: number, from = 0): ScriptedObject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    payload: `object ${from + index}`,
  }));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return bytesOf(referenceDraft, ...parts);
}

/** The code that a session must be closed with by the relay. */
export async function closedWith(peer: ScriptedPeer, code: SessionErrorName, because?: RegExp) {
  const info = await peer.closed;
  assert.equal(info.by, "peer");
  const expected = peer.draft.sessionCodes[code];
  assert.equal(info.code, expected, `Closed with ${info.code}: ${info.reason}`);
  if (because !== undefined) assert.match(info.reason, because);
}

/** A control message of whatever type with whatever body, whose length may be given wrong. */
export function frame(
  type: bigint,
  parts: readonly (bigint | string | Uint8Array)[],
  lengthOff = 0,
): Uint8Array {
  const body = bytesOf(referenceDraft, ...parts);
  const length = body.length + lengthOff;
  return bytesOf(referenceDraft, type, new Uint8Array([length >> 8, length & 0xff]), body);
}
