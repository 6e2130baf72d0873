import {
  type DeliveryTimeouts,
  NO_PROPERTIES,
  ObjectStatus,
  type PropertyBlock,
  type PropertyForm,
} from "@qumo/shared/wire";
import { OBJECT_OVERHEAD_BYTES } from "../limits.ts";
import { ObjectIndex } from "./object_index.ts";
import type { Page } from "./pages.ts";
import type { Renderer, SubgroupFields } from "./renderer.ts";
import { Rendering } from "./rendering.ts";

/** A reader of a growing log. Calls are synchronous and must not throw. */
export interface LogReader {
  /** More is available, or the log has ended. */
  wake(): void;
  /** The cache evicted bytes that this reader may not have read. */
  evicted(): void;
}

/** The parameters of a log, from its first object. */
export interface SubgroupInit extends SubgroupFields {
  /** The number of its track at this relay. */
  readonly track: bigint;
  /** The number of groups of the track that started before this one. */
  readonly groupOrdinal: number;
  /** Whether it was created by a FETCH, whose priorities may differ from a stream's. */
  readonly isFetched?: boolean;
  /** What its first object says in place of the track. */
  readonly timeouts?: DeliveryTimeouts | undefined;
  /** The token of the source that created it; undefined if the track can have no other. */
  readonly source?: string | undefined;
  /** The renderer of the dialect that the objects arrive in, in which they are kept. */
  readonly renderer: Renderer;
}

/** The state of a log: still open, complete, or ended without its tail. */
export type LogState = "open" | "complete" | "incomplete";

/** An object to append. */
export interface NewObject {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  readonly status: number;
}

/** An object of a log, as views of its bytes. */
export interface LoggedObject {
  readonly id: number;
  readonly status: number;
  readonly properties: PropertyBlock;
  readonly payloadLength: number;
  /** Offset of the payload in the log. */
  readonly payloadStart: number;
  /** The arrival time of its first byte. */
  readonly time: number;
}

/**
 * The objects of one subgroup in order of their ids, stored once for all subscribers: an index over
 * append-only bytes. The bytes are a stream in the publisher's dialect, which only its {@linkcode
 * Renderer} can interpret, so subscribers of that dialect are sent the bytes unchanged. Each other
 * dialect has a {@linkcode Rendering}, created on demand.
 */
export class SubgroupLog implements SubgroupFields {
  readonly group: bigint;
  readonly groupOrdinal: number;
  readonly subgroup: bigint;
  readonly priority: number | undefined;
  readonly hasProperties: boolean;
  readonly endOfGroup: boolean;
  readonly firstObject: boolean;
  readonly isFetched: boolean;
  readonly source: string | undefined;
  readonly timeouts: DeliveryTimeouts | undefined;
  readonly timescale: bigint | undefined;
  readonly defaultPriority: number | undefined;
  /** Its first object, while its readers are told of the log, which has nothing yet. */
  upcoming: { readonly id: number; readonly properties: PropertyBlock } | undefined;
  /** Objects that came too late for it; only of a log that is made of several. */
  leftOut = 0;
  /** Whether gaps between its objects were closed; only of a log that is made of several. */
  closesGaps = false;
  /** Whether its dialect has no words for properties of its first object; only of such a log. */
  lacksProperties = false;

  readonly #track: bigint;
  readonly #index: ObjectIndex;
  readonly #native: Rendering;
  readonly #others: Rendering[] = [];
  #lastId = -1;
  #lastNormalId = -1;
  #missing = 0;
  #givenUpTo = -1;
  #writers = 0;
  #state: LogState = "open";
  #isAbandoned = false;
  readonly #readers = new Set<LogReader>();

  constructor(init: SubgroupInit) {
    this.group = init.group;
    this.groupOrdinal = init.groupOrdinal;
    this.subgroup = init.subgroup;
    this.priority = init.priority;
    this.hasProperties = init.hasProperties;
    this.endOfGroup = init.endOfGroup;
    this.firstObject = init.firstObject;
    this.isFetched = init.isFetched ?? false;
    this.source = init.source;
    this.timeouts = init.timeouts;
    this.timescale = init.timescale;
    this.defaultPriority = init.defaultPriority;
    this.#track = init.track;
    this.#index = new ObjectIndex(init.hasProperties);
    this.#native = new Rendering(init.renderer, { track: init.track, fields: this });
  }

  get state(): LogState {
    return this.#state;
  }

  /** The number of indexed objects, including an incomplete last one. */
  get count(): number {
    return this.#index.count;
  }

  /** The largest object id that was ever in the log; -1 for an empty log. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The largest id of an object that is not an end marker; -1 when there is none. */
  get lastNormalId(): number {
    return this.#lastNormalId;
  }

  /** The largest object id that was evicted; -1 when there is none. */
  get givenUpTo(): number {
    return this.#givenUpTo;
  }

  /** Offset behind the bytes that have arrived. */
  get size(): number {
    return this.#native.size;
  }

  /** Whether the last object marks the end of the group or track, so that nothing can follow. */
  get endsByMark(): boolean {
    return this.#lastId > this.#lastNormalId;
  }

  /** Missing payload bytes of the last object. */
  get missing(): number {
    return this.#missing;
  }

  /** Memory of the log, with all renderings. */
  get bytes(): number {
    let bytes = this.#native.capacity + this.count * OBJECT_OVERHEAD_BYTES + this.#index.bytesAside;
    for (const { capacity } of this.#others) bytes += capacity;
    return bytes;
  }

  /**
   * The number of objects that {@linkcode SubgroupLog.evictHead} would evict; undefined when it
   * would do nothing.
   */
  get headCount(): number | undefined {
    return this.#native.headEnd === undefined ? undefined : this.#native.headCount;
  }

  idAt(index: number): number {
    return this.#index.idAt(index);
  }

  /** The arrival time of an object's first byte, in the clock's milliseconds. */
  timeOf(index: number): number {
    return this.#index.timeOf(index);
  }

  /** Whether an object is complete. */
  isWhole(index: number): boolean {
    return this.#missing === 0 || index < this.count - 1;
  }

  /** The index of the first object whose id is not less than `id`; the count when there is none. */
  indexOf(id: number): number {
    return this.#index.indexOf(id);
  }

  /** The object at this index; its properties are always present. */
  objectAt(index: number): LoggedObject {
    const payloadLength = this.#index.payloadLengthOf(index);
    return {
      id: this.#index.idAt(index),
      status: this.#index.statusOf(index),
      properties: { bytes: this.#propertiesOf(index), form: this.#native.renderer.properties },
      payloadLength,
      payloadStart: this.#native.endOf(index) - payloadLength,
      time: this.#index.timeOf(index),
    };
  }

  #propertiesOf(index: number): Uint8Array {
    const { propertiesStart, propertiesLength } = this.#index.propertiesOf(index);
    if (propertiesLength === 0) return NO_PROPERTIES;
    if (propertiesStart < 0) return this.#index.propertiesAside(index);
    const page = this.#native.pageOf(propertiesStart)!;
    const start = propertiesStart - page.start;
    return page.bytes.subarray(start, start + propertiesLength);
  }

  /** Views of the bytes between two offsets, which must be present. */
  views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    return this.#native.views(from, to);
  }

  /** The page with this offset; undefined when it was evicted or not written yet. */
  pageOf(offset: number): Page | undefined {
    return this.#native.pageOf(offset);
  }

  /** The renderer of the dialect that its bytes are a stream in. */
  get renderer(): Renderer {
    return this.#native.renderer;
  }

  /** Whether its bytes are a stream in this dialect. */
  isKeptIn(renderer: Renderer): boolean {
    return this.#native.renderer === renderer;
  }

  /** The subgroup's rendering in a dialect, if it exists. */
  renderingOf(renderer: Renderer): Rendering | undefined {
    if (this.#native.renderer === renderer) return this.#native;
    return this.#others.find((other) => other.renderer === renderer);
  }

  /** Creates the rendering in another dialect, which is then extended with each object. */
  render(renderer: Renderer): Rendering {
    const native = this.#native;
    const rendering = new Rendering(renderer, {
      track: this.#track,
      fields: this,
      hasHead: this.#givenUpTo < 0,
    });
    let previous = this.#givenUpTo;
    for (let index = 0; index < this.count; index++) {
      const object = this.objectAt(index);
      const { bytes: properties, form } = object.properties;
      rendering.begin({ ...object, previous, properties }, form);
      const end = Math.min(native.endOf(index), native.size);
      for (const view of native.views(object.payloadStart, end)) rendering.append(view);
      previous = object.id;
    }
    rendering.show();
    this.#others.push(rendering);
    return rendering;
  }

  follow(reader: LogReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: LogReader): void {
    this.#readers.delete(reader);
  }

  /** Whether the log's dialect can express an object with properties in encoding `form`. */
  canKeep(object: NewObject, form: PropertyForm): boolean {
    const native = this.#native;
    return form === native.renderer.properties ||
      native.canSay({ ...object, previous: this.#lastId, time: 0 }, form);
  }

  /**
   * Starts the next object, whose properties are in encoding `form`. The previous one must be
   * complete and have a smaller id. `now` is the arrival time of its first byte.
   */
  begin(object: NewObject, form: PropertyForm, now: number): void {
    const { id, properties, payloadLength, status } = object;
    const native = this.#native;
    const head = { id, previous: this.#lastId, properties, payloadLength, status, time: now };
    native.begin(head, form);
    for (const other of this.#others) other.begin(head, form);
    this.#index.add(object, now, native);
    if (native.propertiesStart < 0) this.#index.keepAside(id, native.properties);
    this.#lastId = id;
    if (status === ObjectStatus.NORMAL) this.#lastNormalId = id;
    this.#missing = payloadLength;
  }

  /** Appends payload of the current object. */
  append(payload: Uint8Array): void {
    this.#missing -= payload.length;
    this.#native.append(payload);
    for (const other of this.#others) other.append(payload);
  }

  /** Makes everything that has arrived readable. Called once per read of the socket. */
  flush(): void {
    if (this.#show()) this.#wakeAll();
  }

  /** Ends the log: it is complete, or its tail will never arrive. */
  end(state: "complete" | "incomplete"): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#show();
    this.#wakeAll();
  }

  /** Ends the log, which has nothing that its dialect can say. */
  breakOff(): void {
    this.#native.breakOff();
    this.end("incomplete");
  }

  /** Marks the log as abandoned: its source stopped sending, and another one has moved on. */
  abandon(): void {
    this.#isAbandoned = true;
    this.end("incomplete");
  }

  /** Whether {@linkcode SubgroupLog.abandon} was called before the log was complete. */
  get isAbandoned(): boolean {
    return this.#isAbandoned && this.#state === "incomplete";
  }

  /** Adds a stream that delivers this log's objects. */
  attach(): void {
    this.#writers++;
  }

  /** Removes a stream; if it was the last one, the log ends as incomplete. */
  detach(): void {
    if (--this.#writers === 0) this.end("incomplete");
    else this.flush();
  }

  /** Removes a stream; the log stays open for another one. */
  release(): void {
    this.#writers--;
    this.flush();
  }

  /** Whether any stream delivers this log's objects. */
  get hasWriters(): boolean {
    return this.#writers > 0;
  }

  /** Evicts the first page unless it is being written. Returns the released bytes. */
  evictHead(): number {
    const gone = this.headCount;
    if (gone === undefined) return 0;
    const before = this.bytes;
    this.#native.dropHead();
    this.#forget(gone);
    this.#tellEvicted();
    return before - this.bytes;
  }

  /** Evicts everything, including later bytes. Returns the released bytes. */
  evictAll(): number {
    this.end("incomplete");
    const before = this.bytes;
    this.#forget(this.count);
    for (const rendering of [this.#native, ...this.#others]) rendering.clear();
    this.#tellEvicted();
    return before - this.bytes;
  }

  #show(): boolean {
    let isNews = this.#native.show();
    for (const other of this.#others) {
      if (other.show()) isNews = true;
    }
    return isNews;
  }

  // An object without its first bytes can no longer be served, so it is removed from the index too.
  #forget(count: number): void {
    if (count === 0) return;
    this.#givenUpTo = this.#index.forget(count);
    for (const other of this.#others) other.forget(count);
  }

  #tellEvicted(): void {
    for (const reader of this.#readers) reader.evicted();
  }

  #wakeAll(): void {
    for (const reader of this.#readers) reader.wake();
  }
}
