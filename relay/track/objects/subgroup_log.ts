import {
  ObjectHeaderDecoder,
  objectHeaderSize,
  ObjectStatus,
  writeObjectHeader,
} from "@qumo/shared/wire";
import { CUT_THROUGH_BYTES, OBJECT_OVERHEAD_BYTES } from "../limits.ts";
import { type Page, Pages } from "./pages.ts";

/** Who reads a log as it grows. Calls are synchronous and must not throw. */
export interface LogReader {
  /** More is ready, or the log has ended. */
  wake(): void;
  /** The cache gave up bytes of the log that this reader may not have read. */
  evicted(): void;
}

/** What is known of a subgroup when its first object arrives. */
export interface SubgroupInit {
  readonly group: bigint;
  /** How many groups of the track began before this one. */
  readonly groupOrdinal: number;
  readonly subgroup: bigint;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** Whether its objects carry a block of properties. */
  readonly hasProperties: boolean;
  /** Whether the group ends with this subgroup's last object. */
  readonly endOfGroup: boolean;
  /** Whether the log begins with the first object that was ever published in the subgroup. */
  readonly firstObject: boolean;
  /** Whether it began with what a FETCH brought, whose priorities need not be those of a stream. */
  readonly isFetched?: boolean;
  /** The token of the source that began it; undefined where nobody else can. */
  readonly source?: string | undefined;
  /** What goes before the objects on a stream to a subscriber, the same for all of them. */
  readonly preamble: Uint8Array;
}

/** How a log stands: complete ones are whole, incomplete ones miss their tail for good. */
export type LogState = "open" | "complete" | "incomplete";

/** One object of a log, as views into it. */
export interface LoggedObject {
  readonly id: number;
  readonly status: number;
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  /** Offset of the payload in the log. */
  readonly payloadStart: number;
}

/**
 * The objects of one subgroup in the order of their ids, stored once for all subscribers: an
 * append-only log of bytes, in the form that drafts with `vi64` send on a subgroup's stream, header
 * and all. A subscriber that wants the subgroup from its beginning is sent the bytes as they lie here.
 */
export class SubgroupLog {
  readonly group: bigint;
  readonly groupOrdinal: number;
  readonly subgroup: bigint;
  readonly priority: number | undefined;
  readonly hasProperties: boolean;
  readonly endOfGroup: boolean;
  readonly firstObject: boolean;
  readonly isFetched: boolean;
  readonly source: string | undefined;
  readonly #preamble: Uint8Array;

  readonly #pages = new Pages();
  #ready = 0;
  #open = 0;
  #lastId = -1;
  #lastNormalId = -1;
  // Up to where readers may read while the last object is not theirs to read.
  #boundary = 0;
  #givenUpTo = -1;
  #writers = 0;
  #state: LogState = "open";
  #isAbandoned = false;
  readonly #ids: number[] = [];
  readonly #starts: number[] = [];
  readonly #times: number[] = [];
  readonly #readers = new Set<LogReader>();
  #lastView: Uint8Array<ArrayBuffer> | undefined;
  #lastViewStart = 0;

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
    this.#preamble = init.preamble;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Objects whose index is still there, the one that is still arriving included. */
  get count(): number {
    return this.#ids.length;
  }

  /** The largest object id that ever was in the log, -1 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Offset up to which readers may read. */
  get ready(): number {
    return this.#ready;
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
    return this.#pages.size;
  }

  /** Offset behind the last object, even if that has not arrived in full. */
  get nextObjectStart(): number {
    return this.#pages.size + this.#open;
  }

  /** Whether readers see that the group or the track ends with the last object: nothing can follow. */
  get endsByMark(): boolean {
    return this.#lastId > this.#lastNormalId && this.#ready === this.#pages.size;
  }

  /** Offset behind the last object that has arrived in full. */
  get wholeEnd(): number {
    return this.#open === 0 ? this.#pages.size : this.#boundary;
  }

  /** Payload bytes that the last object still lacks. */
  get missing(): number {
    return this.#open;
  }

  /** Memory that the log takes. */
  get bytes(): number {
    return this.#pages.capacity + this.#ids.length * OBJECT_OVERHEAD_BYTES;
  }

  /** Objects that {@linkcode SubgroupLog.evictHead} would give up; undefined when it would do nothing. */
  get headCount(): number | undefined {
    const end = this.#pages.headEnd;
    return end === undefined ? undefined : lowerBound(this.#starts, end);
  }

  idAt(index: number): number {
    return this.#ids[index]!;
  }

  /** Offset of an object's header. */
  startOf(index: number): number {
    return this.#starts[index]!;
  }

  /** Offset behind an object, even if that has not arrived in full. */
  endOf(index: number): number {
    return this.#starts[index + 1] ?? this.nextObjectStart;
  }

  /** When the first byte of an object arrived, in the clock's milliseconds. */
  timeOf(index: number): number {
    return this.#times[index]!;
  }

  /** Whether an object has arrived in full. */
  isWhole(index: number): boolean {
    return this.#open === 0 || index < this.#ids.length - 1;
  }

  /** Index of the first object whose id is at least `id`; the count when there is none. */
  indexOf(id: number): number {
    return lowerBound(this.#ids, id);
  }

  /** Index of the object whose bytes include this offset. */
  indexAtOffset(offset: number): number {
    return lowerBound(this.#starts, offset + 1) - 1;
  }

  /** The object at this index; its header is always there. */
  objectAt(index: number): LoggedObject {
    const start = this.#starts[index]!;
    const page = this.#pageAt(start);
    const header = new ObjectHeaderDecoder(this.hasProperties);
    const payload = header.decode(page.bytes, start - page.start, page.used);
    return {
      id: this.#ids[index]!,
      status: header.status,
      properties: page.bytes.subarray(header.propertiesStart, header.propertiesEnd),
      payloadLength: header.payloadLength,
      payloadStart: page.start + payload,
    };
  }

  /** Views of the bytes from one offset to another, which must be there. */
  views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    return this.#pages.views(from, to);
  }

  /**
   * What is ready from `offset` on, as far as it lies in `page`. Readers that keep up with each other
   * ask for the same bytes and are given the same view.
   */
  readyView(page: Page, offset: number): Uint8Array<ArrayBuffer> | undefined {
    const end = Math.min(this.#ready, page.start + page.used);
    if (offset >= end) return undefined;
    const last = this.#lastView;
    if (
      last !== undefined && this.#lastViewStart === offset && last.length === end - offset &&
      last.buffer === page.bytes.buffer
    ) return last;
    this.#lastViewStart = offset;
    return this.#lastView = page.bytes.subarray(offset - page.start, end - page.start);
  }

  /** The page that holds this offset; undefined when it was evicted or is not there yet. */
  pageOf(offset: number): Page | undefined {
    return this.#pages.at(offset);
  }

  follow(reader: LogReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: LogReader): void {
    this.#readers.delete(reader);
  }

  /**
   * Begins the next object. The one before must have arrived in full, and `id` be larger than its.
   * `now` is when the first byte arrived.
   */
  begin(
    id: number,
    properties: Uint8Array,
    payloadLength: number,
    status: number,
    now: number,
  ): void {
    const delta = id - this.#lastId - 1;
    const size = objectHeaderSize(delta, this.hasProperties, properties, payloadLength, status);
    const preamble = this.#lastId < 0 ? this.#preamble.length : 0;
    const page = this.#pages.room(preamble + size, payloadLength);
    if (preamble > 0) {
      page.bytes.set(this.#preamble);
      this.#pages.took(page, preamble);
    }
    writeObjectHeader(
      page.bytes,
      page.used,
      delta,
      this.hasProperties,
      properties,
      payloadLength,
      status,
    );
    const start = this.#pages.size;
    this.#pages.took(page, size);
    this.#ids.push(id);
    this.#starts.push(start);
    this.#times.push(now);
    // The preamble waits for the first object, so that it costs subscribers no write of its own.
    this.#boundary = preamble > 0 ? 0 : start;
    this.#lastId = id;
    if (status === ObjectStatus.NORMAL) this.#lastNormalId = id;
    this.#open = payloadLength;
  }

  /** Appends payload of the object that was begun. */
  append(payload: Uint8Array): void {
    this.#open -= payload.length;
    this.#pages.append(payload, this.#open);
  }

  /** Shows readers what has arrived. Called once for everything that came in one read. */
  flush(): void {
    const ready = this.#readable();
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#wakeAll();
  }

  /** Says that nothing follows: the subgroup is whole, or its tail will never come. */
  end(state: "complete" | "incomplete"): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#ready = this.#readable();
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
    const end = this.#pages.headEnd;
    if (end === undefined) return 0;
    const before = this.bytes;
    this.#pages.dropHead();
    this.#dropIndexBefore(end);
    this.#tellEvicted();
    return before - this.bytes;
  }

  /** Gives up everything, the tail that may still arrive included. Returns the bytes that are free now. */
  evictAll(): number {
    this.end("incomplete");
    const before = this.bytes;
    while (this.#pages.capacity > 0) this.#pages.dropHead();
    this.#dropIndexBefore(this.nextObjectStart);
    this.#tellEvicted();
    return before - this.bytes;
  }

  #readable(): number {
    const { size } = this.#pages;
    if (this.#open === 0) return size;
    const seen = Math.max(this.#boundary, this.#ready);
    const cutsThrough = size + this.#open - this.#boundary > CUT_THROUGH_BYTES &&
      size - seen >= CUT_THROUGH_BYTES;
    return cutsThrough ? size : seen;
  }

  #tellEvicted(): void {
    this.#lastView = undefined;
    for (const reader of this.#readers) reader.evicted();
  }

  // An object that lost its first bytes can no longer be served, so its index goes as well.
  #dropIndexBefore(offset: number): void {
    const gone = lowerBound(this.#starts, offset);
    if (gone === 0) return;
    this.#givenUpTo = this.#ids[gone - 1]!;
    this.#ids.splice(0, gone);
    this.#starts.splice(0, gone);
    this.#times.splice(0, gone);
  }

  #wakeAll(): void {
    for (const reader of this.#readers) reader.wake();
  }

  #pageAt(offset: number): Page {
    const page = this.pageOf(offset);
    if (page === undefined) throw new RangeError(`Offset ${offset} is not in the log`);
    return page;
  }
}

/** Index of the first of the ascending `values` that is at least `value`. */
function lowerBound(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
