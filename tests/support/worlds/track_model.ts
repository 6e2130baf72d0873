import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  decodeSubgroupHeader,
  decodeTrackProperties,
  type FullTrackName,
  type Namespace,
  ObjectHeaderDecoder,
  ObjectStatus,
  type PropertyBlock,
  vi64,
} from "@qumo/shared/wire";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { rendererOf } from "../../../relay/session/moqt/dialect/renderer.ts";
import {
  Cache,
  type CacheLimits,
  type DatagramFields,
  type DatagramObject,
  LogCursor,
  type LogReader,
  type Renderer,
  type SubgroupLog,
  type SubgroupStreamInit,
  SubgroupWriter,
  type SubgroupWriterOptions,
  Track,
  type TrackEnd,
  type TrackReader,
} from "../../../relay/track/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { referenceData } from "../reference_draft.ts";

/** The dialect that everybody speaks where nothing is said. */
export const NATIVE: Renderer = rendererOf(referenceData);

/** Properties as {@linkcode NATIVE} writes them. */
export function blockOf(bytes: Uint8Array): PropertyBlock {
  return { bytes, form: NATIVE.properties };
}

/** A publisher says this of a track. */
export function sayProperties(track: Track, by: object, bytes: Uint8Array): void {
  track.reports.setProperties(by, blockOf(bytes), decodeTrackProperties(bytes, referenceData));
}

/** A namespace of these fields. */
export function namespaceOf(...fields: string[]): Namespace {
  return fields.map((field) => new TextEncoder().encode(field));
}

/** A track's name: the fields of its namespace, then its own. */
export function nameOf(...fields: string[]): FullTrackName {
  return {
    namespace: namespaceOf(...fields.slice(0, -1)),
    name: new TextEncoder().encode(fields.at(-1)),
  };
}

/** Limits that nothing in a small test reaches. */
export const WIDE: CacheLimits = {
  maxBytes: 2 ** 30,
  maxTrackBytes: 2 ** 30,
  maxGroupsPerTrack: 1_000,
  maxAgeMs: 10_000,
};

/** What a publisher says of a stream when nothing is said. */
export function streamInit(init: Partial<SubgroupStreamInit> = {}): SubgroupStreamInit {
  return {
    group: 0n,
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: false,
    firstObject: false,
    ...init,
  };
}

/** A cache with its clock, and tracks in it. */
export class World {
  readonly clock = new ManualClock();
  readonly evictions = new RelayMetrics().evictions;
  readonly cache: Cache;
  #alias = 0n;

  constructor(limits: Partial<CacheLimits> = {}) {
    this.cache = new Cache({ ...WIDE, ...limits }, this.clock, this.evictions);
  }

  track(name = "track"): Track {
    return new Track(nameOf("space", name), ++this.#alias, this.cache);
  }

  /** A stream of a publisher; without a subgroup's id it is 0. */
  stream(
    track: Track,
    init: Partial<SubgroupStreamInit> = {},
    options: Partial<SubgroupWriterOptions> = {},
  ): SubgroupWriter {
    const parts = { clock: this.clock, renderer: NATIVE, ...options };
    return new SubgroupWriter(track, streamInit(init), parts);
  }
}

/** The payload that the object of this id has everywhere. */
export function payloadOf(id: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const first = (id % 253) * 31;
  for (let at = 0; at < length; at++) bytes[at] = (first + at * 7) % 253;
  return bytes;
}

/** Writes a whole object, and shows it. */
export function put(
  writer: SubgroupWriter,
  id: number,
  length = 10,
  properties = new Uint8Array(0),
): void {
  writer.object(id, properties, length, ObjectStatus.NORMAL);
  if (length > 0) writer.payload(payloadOf(id, length));
  writer.flush();
}

/** Writes an object that only marks an end. */
export function mark(writer: SubgroupWriter, id: number, status: number): void {
  writer.object(id, new Uint8Array(0), 0, status);
  writer.flush();
}

/** A datagram of a publisher. */
export function datagramOf(
  group: bigint,
  object: number,
  rest: Partial<DatagramFields> = {},
): DatagramFields {
  return {
    group,
    object,
    priority: undefined,
    properties: blockOf(new Uint8Array(0)),
    status: ObjectStatus.NORMAL,
    endOfGroup: false,
    payload: payloadOf(object, 20),
    ...rest,
  };
}

/** What a subscriber has of one log. */
export class Copy implements LogReader {
  readonly log: SubgroupLog;
  readonly #chunks: Uint8Array[] = [];
  isLagged = false;
  readonly #cursor: LogCursor;

  constructor(track: Track, log: SubgroupLog, renderer = NATIVE) {
    this.log = log;
    this.#cursor = new LogCursor(track.renderings.of(log, renderer), 0);
    log.follow(this);
    this.wake();
  }

  wake(): void {
    for (let view = this.#cursor.next(); view !== undefined; view = this.#cursor.next()) {
      this.#chunks.push(view.slice());
      this.#cursor.advance(view.length);
    }
  }

  evicted(): void {
    this.isLagged ||= this.#cursor.lagged;
  }

  /** All that was read. */
  get bytes(): Uint8Array {
    return joinBytes(this.#chunks);
  }

  /** The objects that came whole. */
  get objects(): { readonly id: number; readonly payload: Uint8Array }[] {
    const decoder = new ObjectHeaderDecoder(this.log.hasProperties, referenceData);
    const { bytes } = this;
    if (bytes.length === 0) return [];
    const objects: { id: number; payload: Uint8Array }[] = [];
    const reader = new ByteReader(bytes, vi64);
    decodeSubgroupHeader(reader, reader.varint(), referenceData);
    for (let at = reader.offset; at < bytes.length;) {
      const start = decoder.decode(bytes, at, bytes.length);
      if (start < 0) throw new Error("a reader was shown a part of a header");
      at = start + decoder.payloadLength;
      if (at <= bytes.length) objects.push({ id: decoder.id, payload: bytes.subarray(start, at) });
    }
    return objects;
  }

  /** Their ids, if each has the payload that it should have; throws otherwise. */
  get ids(): number[] {
    return this.objects.map(({ id, payload }) => {
      const expected = payloadOf(id, payload.length);
      if (payload.every((byte, index) => byte === expected[index])) return id;
      throw new Error(`object ${id} has bytes that are not its own`);
    });
  }
}

/** A subscriber that takes everything. */
export class Subscriber implements TrackReader {
  readonly copies: Copy[] = [];
  readonly datagrams: DatagramObject[] = [];
  end: TrackEnd | undefined;

  readonly #track: Track;

  constructor(track: Track) {
    this.#track = track;
    track.follow(this);
  }

  subgroup(log: SubgroupLog): void {
    this.copies.push(new Copy(this.#track, log));
  }

  datagram(_group: bigint, object: DatagramObject): void {
    this.datagrams.push(object);
  }

  ended(end: TrackEnd): void {
    this.end = end;
  }

  /** The ids on each stream, in the order in which the streams began. */
  get streams(): number[][] {
    return this.copies.map(({ ids }) => ids);
  }

  /** How each stream stands. */
  get states(): string[] {
    return this.copies.map(({ log }) => log.state);
  }
}
