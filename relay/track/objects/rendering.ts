import {
  EncodeError,
  NO_PROPERTIES,
  type PropertyBlock,
  type PropertyForm,
} from "@qumo/shared/wire";
import { CUT_THROUGH_BYTES } from "../limits.ts";
import { headIn } from "./head_in.ts";
import { lowerBound } from "./lower_bound.ts";
import { type Page, Pages, takeMemory } from "./pages.ts";
import type { ObjectHead, Renderer, SubgroupFields, SubgroupRenderer } from "./renderer.ts";

/** The first object of a stream. */
interface FirstObject extends Omit<ObjectHead, "previous" | "properties"> {
  readonly properties: PropertyBlock;
}

/**
 * One subgroup as the stream's bytes in one dialect: written once, shared by all subscribers of the
 * dialect, and evicted together with the objects. Objects are addressed by their index in the log.
 */
export class Rendering {
  readonly renderer: Renderer;
  /** Offset of the properties of the object that was started last; -1 when they are not in it. */
  propertiesStart = 0;
  /** Length of those properties. */
  propertiesLength = 0;
  /** Those properties, if they are not in it. */
  properties: Uint8Array = NO_PROPERTIES;
  readonly #track: bigint;
  readonly #fields: SubgroupFields;
  readonly #writer: SubgroupRenderer | undefined;
  readonly #pages: Pages;
  // Offsets of the objects, also of those that the log has dropped while their page is present.
  readonly #starts: number[] = [];
  #forgotten = 0;
  #open = 0;
  // The readable end while the last object is not readable yet.
  #boundary = 0;
  #ready = 0;
  #isBroken = false;
  #lastView: Uint8Array<ArrayBuffer> | undefined;
  #lastViewStart = 0;

  /**
   * `hasHead` is false if the subgroup's first objects were evicted: it cannot be read from its
   * start.
   */
  constructor(
    renderer: Renderer,
    { track, fields, hasHead = true }: {
      readonly track: bigint;
      readonly fields: SubgroupFields;
      readonly hasHead?: boolean;
    },
  ) {
    this.renderer = renderer;
    this.#track = track;
    this.#fields = fields;
    // Offset 0 is then on no page, so a reader that starts there has fallen behind.
    this.#pages = new Pages(hasHead ? 0 : 1);
    this.#ready = this.#boundary = this.#pages.size;
    this.#writer = this.#begin();
  }

  /** Whether the dialect cannot express what follows: nothing more is written. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Offset behind the readable bytes. */
  get ready(): number {
    return this.#ready;
  }

  /** Offset behind the bytes that have arrived. */
  get size(): number {
    return this.#pages.size;
  }

  /** Its memory beside the log's index. */
  get capacity(): number {
    return this.#pages.capacity;
  }

  /** The number of the log's objects in it. */
  get count(): number {
    return this.#starts.length - this.#forgotten;
  }

  /** Offset behind the last object, even if it is incomplete. */
  get nextObjectStart(): number {
    return this.#pages.size + this.#open;
  }

  /** Offset behind the last complete object. */
  get wholeEnd(): number {
    return this.#open === 0 ? this.#pages.size : this.#boundary;
  }

  /** Whether everything that has arrived is readable. */
  get isShown(): boolean {
    return this.#ready === this.#pages.size;
  }

  /** Whether the last object is complete. */
  get isWhole(): boolean {
    return this.#open === 0;
  }

  /** Whether nothing lies behind this offset, not even an object that is still to come in full. */
  isReadTo(offset: number): boolean {
    return offset === this.#pages.size && this.#open === 0 && !this.#isBroken;
  }

  /**
   * Offset behind the page that can be evicted next; undefined when only the page being written is
   * left.
   */
  get headEnd(): number | undefined {
    return this.#pages.headEnd;
  }

  /**
   * Whether the object at this index is present; negative indexes are objects that the log has
   * dropped.
   */
  has(index: number): boolean {
    return index >= -this.#forgotten && index < this.count;
  }

  /** Offset of an object, that is of the bytes before its payload. */
  startOf(index: number): number {
    return this.#starts[index + this.#forgotten]!;
  }

  /** Offset behind an object, even if it is incomplete. */
  endOf(index: number): number {
    return this.#starts[index + this.#forgotten + 1] ?? this.nextObjectStart;
  }

  /** The index of the object that includes this offset; the preamble belongs to none. */
  indexAtOffset(offset: number): number {
    return lowerBound(this.#starts, offset + 1) - 1 - this.#forgotten;
  }

  /** Starts the next object, whose properties are in encoding `form`. */
  begin(object: ObjectHead, form: PropertyForm): void {
    if (this.#isBroken) return;
    const { properties: own } = this.renderer;
    const head = own === form ? object : headIn(own, object, form);
    if (head === undefined) {
      this.#isBroken = true;
      return;
    }
    const writer = this.#writer!;
    const size = writer.sizeOf(head);
    const preamble = this.#pages.size === 0 ? writer.preamble : NOTHING;
    const page = this.#pages.reserve(preamble.length + size, head.payloadLength);
    if (preamble.length > 0) {
      page.bytes.set(preamble);
      this.#pages.took(page, preamble.length);
    }
    const properties = writer.write(page.bytes, page.used, head);
    this.propertiesStart = properties < 0 ? -1 : page.start + properties;
    this.propertiesLength = head.properties.length;
    this.properties = properties < 0 ? head.properties : NO_PROPERTIES;
    const start = this.#pages.size;
    this.#pages.took(page, size);
    this.#starts.push(start);
    // The preamble becomes readable with the first object, so that it needs no write of its own.
    this.#boundary = preamble.length > 0 ? 0 : start;
    this.#open = head.payloadLength;
  }

  /** Whether the dialect can express this object. */
  canSay(object: ObjectHead, form: PropertyForm): boolean {
    return !this.#isBroken && headIn(this.renderer.properties, object, form) !== undefined;
  }

  /** Nothing more is written: the dialect cannot express it. */
  breakOff(): void {
    this.#isBroken = true;
  }

  /** Appends payload of the current object. */
  append(payload: Uint8Array): void {
    if (this.#isBroken) return;
    this.#open -= payload.length;
    this.#pages.append(payload, this.#open);
  }

  /** Makes everything that has arrived readable; false when nothing is new. */
  show(): boolean {
    const ready = this.#readable();
    if (ready === this.#ready) return false;
    this.#ready = ready;
    return true;
  }

  /**
   * The bytes before the payload of this object if it is the first on a stream: ids are deltas, so
   * they differ from those in the rendering.
   */
  beginAt({ properties, ...object }: FirstObject): Uint8Array {
    const writer = this.renderer.subgroup(this.#track, { ...this.#fields, firstObject: false });
    const { bytes, form } = properties;
    const head = headIn(
      this.renderer.properties,
      { ...object, previous: -1, properties: bytes },
      form,
    )!;
    const { preamble } = writer;
    const start = takeMemory(preamble.length + writer.sizeOf(head));
    start.set(preamble);
    writer.write(start, preamble.length, head);
    return start;
  }

  /** Views of the bytes between two offsets, which must be present. */
  views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    return this.#pages.views(from, to);
  }

  /**
   * The readable bytes from `offset` on within `page`. Readers at the same offset get the same
   * view.
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

  /** The page with this offset; undefined when it was evicted or not written yet. */
  pageOf(offset: number): Page | undefined {
    return this.#pages.at(offset);
  }

  /** The number of objects that begin in the page that can be evicted next. */
  get headCount(): number {
    const end = this.#pages.headEnd;
    return end === undefined ? 0 : lowerBound(this.#starts, end);
  }

  /** Evicts the first page and the objects that begin in it. */
  dropHead(): void {
    this.#starts.splice(0, this.headCount);
    this.#dropPage();
  }

  /** Handles that the log dropped its first objects: evicts pages that hold nothing else. */
  forget(count: number): void {
    this.#forgotten += Math.min(count, this.count);
    const kept = this.#starts[this.#forgotten] ?? this.nextObjectStart;
    while ((this.#pages.headEnd ?? Infinity) <= kept) this.#dropPage();
    const gone = Math.min(this.#forgotten, lowerBound(this.#starts, this.#pages.start));
    this.#starts.splice(0, gone);
    this.#forgotten -= gone;
  }

  /** Evicts everything. */
  clear(): void {
    while (this.#pages.capacity > 0) this.#dropPage();
    this.#starts.length = 0;
    this.#forgotten = 0;
  }

  #dropPage(): void {
    this.#pages.dropHead();
    this.#lastView = undefined;
  }

  #begin(): SubgroupRenderer | undefined {
    try {
      return this.renderer.subgroup(this.#track, this.#fields);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.#isBroken = true;
      return undefined;
    }
  }

  #readable(): number {
    const { size } = this.#pages;
    if (this.#open === 0) return size;
    const seen = Math.max(this.#boundary, this.#ready);
    const cutsThrough = size + this.#open - this.#boundary > CUT_THROUGH_BYTES &&
      size - seen >= CUT_THROUGH_BYTES;
    return cutsThrough ? size : seen;
  }
}

const NOTHING = new Uint8Array(0);
