import { ObjectHeaderDecoder, objectHeaderSize, writeObjectHeader } from "@qumo/shared/wire";
import { CUT_THROUGH_BYTES, FIRST_PAGE_BYTES, MAX_PAGE_BYTES } from "./limits.ts";

/** A run of bytes of a log. Bytes that are in use never change, so writes may refer to them. */
export interface Page {
  /** Offset of the page's first byte in the log. */
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes in use. */
  used: number;
  next: Page | undefined;
  /** No longer in the cache: whoever still stands here has fallen behind. */
  evicted: boolean;
}

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
  readonly subgroup: bigint;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** Whether its objects carry a block of properties. */
  readonly hasProperties: boolean;
  /** Whether the group ends with this subgroup's last object. */
  readonly endOfGroup: boolean;
  /** Whether the log begins with the first object that was ever published in the subgroup. */
  readonly firstObject: boolean;
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
 *
 * Pages are linked, so that a reader that falls behind holds on to no more than it has to and the
 * cache can give up the head of a log that never ends.
 */
export class SubgroupLog {
  readonly group: bigint;
  readonly subgroup: bigint;
  readonly priority: number | undefined;
  readonly hasProperties: boolean;
  readonly endOfGroup: boolean;
  readonly firstObject: boolean;
  readonly #preamble: Uint8Array;

  #head: Page | undefined;
  #tail: Page | undefined;
  #size = 0;
  #ready = 0;
  #bytes = 0;
  #open = 0;
  #lastId = -1;
  #lastStart = 0;
  #state: LogState = "open";
  readonly #ids: number[] = [];
  readonly #starts: number[] = [];
  readonly #times: number[] = [];
  readonly #readers = new Set<LogReader>();
  #lastView: Uint8Array<ArrayBuffer> | undefined;
  #lastViewStart = 0;

  constructor(init: SubgroupInit) {
    this.group = init.group;
    this.subgroup = init.subgroup;
    this.priority = init.priority;
    this.hasProperties = init.hasProperties;
    this.endOfGroup = init.endOfGroup;
    this.firstObject = init.firstObject;
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

  /** Offset behind the last object, even if that has not arrived in full. */
  get nextObjectStart(): number {
    return this.#size + this.#open;
  }

  /** Payload bytes that the last object still lacks. */
  get missing(): number {
    return this.#open;
  }

  /** Memory that the log takes. */
  get bytes(): number {
    return this.#bytes;
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
  *views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    for (let page = this.#head; page !== undefined && page.start < to; page = page.next) {
      const end = Math.min(to, page.start + page.used);
      const start = Math.max(from, page.start);
      if (start < end) yield page.bytes.subarray(start - page.start, end - page.start);
    }
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
    for (let page = this.#head; page !== undefined; page = page.next) {
      if (offset < page.start) return undefined;
      if (offset < page.start + page.used) return page;
    }
    return undefined;
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
    const page = this.#size === 0
      ? this.#firstRoom(size, payloadLength)
      : this.#room(size, payloadLength);
    writeObjectHeader(
      page.bytes,
      page.used,
      delta,
      this.hasProperties,
      properties,
      payloadLength,
      status,
    );
    this.#ids.push(id);
    this.#starts.push(this.#size);
    this.#times.push(now);
    this.#lastId = id;
    this.#lastStart = this.#size;
    page.used += size;
    this.#size += size;
    this.#open = payloadLength;
  }

  /** Appends payload of the object that was begun; the one copy that the relay makes of it. */
  append(payload: Uint8Array): void {
    this.#open -= payload.length;
    let from = 0;
    while (from < payload.length) {
      const page = this.#roomForPayload(payload.length - from);
      const length = Math.min(payload.length - from, page.bytes.length - page.used);
      page.bytes.set(payload.subarray(from, from + length), page.used);
      page.used += length;
      this.#size += length;
      from += length;
    }
  }

  /** Shows readers what has arrived. Called once for everything that came in one read. */
  flush(): void {
    let ready = this.#size;
    if (this.#open > 0) {
      const start = this.#lastStart;
      const whole = this.#size + this.#open - start;
      const unseen = this.#size - Math.max(start, this.#ready);
      if (whole <= CUT_THROUGH_BYTES || unseen < CUT_THROUGH_BYTES) {
        ready = Math.max(start, this.#ready);
      }
    }
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#wakeAll();
  }

  /** Says that nothing follows: the subgroup is whole, or its tail will never come. */
  end(state: "complete" | "incomplete"): void {
    if (this.#state !== "open") return;
    this.flush();
    this.#state = state;
    this.#wakeAll();
  }

  /** Gives up the first page, unless it is the one being written. Returns the bytes that are free now. */
  evictHead(): number {
    const head = this.#head;
    if (head === undefined || head === this.#tail) return 0;
    this.#head = head.next;
    this.#dropIndexBefore(head.start + head.used);
    return this.#evict(head);
  }

  /** Gives up everything, the tail that may still arrive included. Returns the bytes that are free now. */
  evictAll(): number {
    this.end("incomplete");
    let freed = 0;
    for (let page = this.#head; page !== undefined; page = page.next) freed += this.#evict(page);
    this.#head = this.#tail = undefined;
    this.#lastView = undefined;
    this.#dropIndexBefore(this.nextObjectStart);
    return freed;
  }

  #evict(page: Page): number {
    page.evicted = true;
    this.#bytes -= page.bytes.length;
    for (const reader of this.#readers) reader.evicted();
    return page.bytes.length;
  }

  // An object that lost its first bytes can no longer be served, so its index goes as well.
  #dropIndexBefore(offset: number): void {
    const gone = lowerBound(this.#starts, offset);
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

  /** The first page, with the preamble on it, so that it costs subscribers no write of its own. */
  #firstRoom(header: number, payload: number): Page {
    const page = this.#room(this.#preamble.length + header, payload);
    page.bytes.set(this.#preamble);
    page.used = this.#size = this.#preamble.length;
    return page;
  }

  /** A page with room for a header, and for the whole object where one page can hold it. */
  #room(header: number, payload: number): Page {
    const whole = header + payload;
    const wanted = whole <= MAX_PAGE_BYTES ? whole : header;
    const tail = this.#tail;
    if (tail !== undefined && tail.bytes.length - tail.used >= wanted) return tail;
    const doubled = tail === undefined ? FIRST_PAGE_BYTES : tail.bytes.length * 2;
    return this.#addPage(Math.max(header, Math.min(MAX_PAGE_BYTES, Math.max(whole, doubled))));
  }

  #roomForPayload(length: number): Page {
    const tail = this.#tail;
    if (tail !== undefined && tail.used < tail.bytes.length) return tail;
    return this.#addPage(Math.min(MAX_PAGE_BYTES, Math.max(length, this.#open + length)));
  }

  #addPage(capacity: number): Page {
    const page: Page = {
      start: this.#size,
      bytes: new Uint8Array(capacity),
      used: 0,
      next: undefined,
      evicted: false,
    };
    if (this.#tail === undefined) this.#head = page;
    else this.#tail.next = page;
    this.#tail = page;
    this.#bytes += capacity;
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
