import {
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

/** Who reads a log as it grows. Calls are synchronous and must not throw. */
export interface LogReader {
  /** More is ready, or the log has ended. */
  wake(): void;
  /** The cache gave up bytes of the log that this reader may not have read. */
  evicted(): void;
}

/** What is known of a subgroup when its first object arrives. */
export interface SubgroupInit extends SubgroupFields {
  /** The number of its track at this relay. */
  readonly track: bigint;
  /** How many groups of the track began before this one. */
  readonly groupOrdinal: number;
  /** Whether it began with what a FETCH brought, whose priorities need not be those of a stream. */
  readonly isFetched?: boolean;
  /** The token of the source that began it; undefined where nobody else can. */
  readonly source?: string | undefined;
  /** How its objects are kept: as the dialect writes them that they come in. */
  readonly renderer: Renderer;
}

/** How a log stands: complete ones are whole, incomplete ones miss their tail for good. */
export type LogState = "open" | "complete" | "incomplete";

/** An object that is put into a log. */
export interface NewObject {
  readonly id: number;
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  readonly status: number;
}

/** One object of a log, as views into it. */
export interface LoggedObject {
  readonly id: number;
  readonly status: number;
  readonly properties: PropertyBlock;
  readonly payloadLength: number;
  /** Offset of the payload in the log. */
  readonly payloadStart: number;
}

/**
 * The objects of one subgroup in the order of their ids, stored once for all subscribers: an index
 * over append-only bytes. The bytes lie as the dialect of their publisher puts them on a stream, which
 * only its {@linkcode Renderer} understands, so that subscribers of that dialect are sent them as they
 * are. Other dialects have a {@linkcode Rendering} each beside it, made when it is first wanted.
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
    this.#track = init.track;
    this.#index = new ObjectIndex(init.hasProperties);
    this.#native = new Rendering(init.renderer, { track: init.track, fields: this });
  }

  get state(): LogState {
    return this.#state;
  }

  /** Objects whose index is still there, the one that is still arriving included. */
  get count(): number {
    return this.#index.count;
  }

  /** The largest object id that ever was in the log, -1 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The same, without the objects that only mark an end. */
  get lastNormalId(): number {
    return this.#lastNormalId;
  }

  /** The largest object id that was given up, -1 when there is none. */
  get givenUpTo(): number {
    return this.#givenUpTo;
  }

  /** Offset behind what has arrived. */
  get size(): number {
    return this.#native.size;
  }

  /** Whether the group or the track ends with the last object: nothing can follow. */
  get endsByMark(): boolean {
    return this.#lastId > this.#lastNormalId;
  }

  /** Payload bytes that the last object still lacks. */
  get missing(): number {
    return this.#missing;
  }

  /** Memory that the log takes, in all dialects. */
  get bytes(): number {
    let bytes = this.#native.capacity + this.count * OBJECT_OVERHEAD_BYTES;
    for (const { capacity } of this.#others) bytes += capacity;
    return bytes;
  }

  /** Objects that {@linkcode SubgroupLog.evictHead} would give up; undefined when it would do nothing. */
  get headCount(): number | undefined {
    return this.#native.headEnd === undefined ? undefined : this.#native.headCount;
  }

  idAt(index: number): number {
    return this.#index.idAt(index);
  }

  /** When the first byte of an object arrived, in the clock's milliseconds. */
  timeOf(index: number): number {
    return this.#index.timeOf(index);
  }

  /** Whether an object has arrived in full. */
  isWhole(index: number): boolean {
    return this.#missing === 0 || index < this.count - 1;
  }

  /** Index of the first object whose id is at least `id`; the count when there is none. */
  indexOf(id: number): number {
    return this.#index.indexOf(id);
  }

  /** The object at this index; its properties are always there. */
  objectAt(index: number): LoggedObject {
    const payloadLength = this.#index.payloadLengthOf(index);
    return {
      id: this.#index.idAt(index),
      status: this.#index.statusOf(index),
      properties: { bytes: this.#propertiesOf(index), form: this.#native.renderer.properties },
      payloadLength,
      payloadStart: this.#native.endOf(index) - payloadLength,
    };
  }

  #propertiesOf(index: number): Uint8Array {
    const { propertiesStart, propertiesLength } = this.#index.propertiesOf(index);
    if (propertiesLength === 0) return NO_PROPERTIES;
    const page = this.#native.pageOf(propertiesStart)!;
    const start = propertiesStart - page.start;
    return page.bytes.subarray(start, start + propertiesLength);
  }

  /** Views of the bytes from one offset to another, which must be there. */
  views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    return this.#native.views(from, to);
  }

  /** The page that holds this offset; undefined when it was evicted or is not there yet. */
  pageOf(offset: number): Page | undefined {
    return this.#native.pageOf(offset);
  }

  /** The subgroup as this dialect sends it, if somebody wanted it before. */
  renderingOf(renderer: Renderer): Rendering | undefined {
    if (this.#native.renderer === renderer) return this.#native;
    return this.#others.find((other) => other.renderer === renderer);
  }

  /** Writes all that is here in a further dialect, which from now on is written with the rest. */
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

  /** Whether its dialect can keep an object whose properties are written in this form. */
  canKeep(object: NewObject, form: PropertyForm): boolean {
    const native = this.#native;
    return form === native.renderer.properties ||
      native.canSay({ ...object, previous: this.#lastId }, form);
  }

  /**
   * Begins the next object, whose properties are written in this form. The one before must have arrived
   * in full, and its id be smaller. `now` is when the first byte arrived.
   */
  begin(object: NewObject, form: PropertyForm, now: number): void {
    const { id, properties, payloadLength, status } = object;
    const native = this.#native;
    const head = { id, previous: this.#lastId, properties, payloadLength, status };
    native.begin(head, form);
    for (const other of this.#others) other.begin(head, form);
    this.#index.add(object, now, native);
    this.#lastId = id;
    if (status === ObjectStatus.NORMAL) this.#lastNormalId = id;
    this.#missing = payloadLength;
  }

  /** Appends payload of the object that was begun. */
  append(payload: Uint8Array): void {
    this.#missing -= payload.length;
    this.#native.append(payload);
    for (const other of this.#others) other.append(payload);
  }

  /** Shows readers what has arrived. Called once for everything that came in one read. */
  flush(): void {
    if (this.#show()) this.#wakeAll();
  }

  /** Says that nothing follows: the subgroup is whole, or its tail will never come. */
  end(state: "complete" | "incomplete"): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#show();
    this.#wakeAll();
  }

  /** Another publisher has gone ahead without it, and its own says nothing: it is not expected to go on. */
  abandon(): void {
    this.#isAbandoned = true;
    this.end("incomplete");
  }

  /** Whether {@linkcode SubgroupLog.abandon} was called before it was whole. */
  get isAbandoned(): boolean {
    return this.#isAbandoned && this.#state === "incomplete";
  }

  /** A stream brings objects of this log, new ones or the same again. */
  attach(): void {
    this.#writers++;
  }

  /** That stream brings no more; when it was the only one, the log will never be whole. */
  detach(): void {
    if (--this.#writers === 0) this.end("incomplete");
    else this.flush();
  }

  /** That stream brings no more, but others may yet come that do. */
  release(): void {
    this.#writers--;
    this.flush();
  }

  /** Whether a stream brings objects of this log now. */
  get hasWriters(): boolean {
    return this.#writers > 0;
  }

  /** Gives up the first page, unless it is the one being written. Returns the bytes that are free now. */
  evictHead(): number {
    const gone = this.headCount;
    if (gone === undefined) return 0;
    const before = this.bytes;
    this.#native.dropHead();
    this.#forget(gone);
    this.#tellEvicted();
    return before - this.bytes;
  }

  /** Gives up everything, the tail that may still arrive included. Returns the bytes that are free now. */
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

  // An object that lost its first bytes can no longer be served, so its index goes as well.
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
