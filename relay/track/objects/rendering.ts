import { DecodeError, EncodeError, type PropertyBlock, type PropertyForm } from "@qumo/shared/wire";
import { CUT_THROUGH_BYTES } from "../limits.ts";
import { lowerBound } from "./lower_bound.ts";
import { type Page, Pages, takeMemory } from "./pages.ts";
import type { ObjectHead, Renderer, SubgroupFields, SubgroupRenderer } from "./renderer.ts";

/** An object that a stream begins with. */
interface FirstObject extends Omit<ObjectHead, "previous" | "properties"> {
  readonly properties: PropertyBlock;
}

/**
 * One subgroup as the bytes of a stream in one dialect: written once, shared by every subscriber that
 * speaks the dialect, and freed together with the objects. Objects are addressed by their index in
 * the log.
 */
export class Rendering {
  readonly renderer: Renderer;
  /** Where the properties are of the object that was begun last. */
  propertiesStart = 0;
  /** How long they are. */
  propertiesLength = 0;
  readonly #track: bigint;
  readonly #fields: SubgroupFields;
  readonly #writer: SubgroupRenderer | undefined;
  readonly #pages: Pages;
  // Offsets of the objects, those whose page is still here though the log forgot them included.
  readonly #starts: number[] = [];
  #forgotten = 0;
  #open = 0;
  // Up to where readers may read while the last object is not theirs to read.
  #boundary = 0;
  #ready = 0;
  #isBroken = false;
  #lastView: Uint8Array<ArrayBuffer> | undefined;
  #lastViewStart = 0;

  /** `hasHead` is false where the subgroup's first objects are gone: it cannot be read from its beginning. */
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
    // Whoever begins at offset 0 has fallen behind where that is no offset of any page.
    this.#pages = new Pages(hasHead ? 0 : 1);
    this.#ready = this.#boundary = this.#pages.size;
    this.#writer = this.#begin();
  }

  /** Whether the dialect cannot say what follows: nothing more is written. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Offset up to which readers may read. */
  get ready(): number {
    return this.#ready;
  }

  /** Offset behind what has arrived. */
  get size(): number {
    return this.#pages.size;
  }

  /** Memory that it takes beside the log's index. */
  get capacity(): number {
    return this.#pages.capacity;
  }

  /** Objects of the log that are here. */
  get count(): number {
    return this.#starts.length - this.#forgotten;
  }

  /** Offset behind the last object, even if that has not arrived in full. */
  get nextObjectStart(): number {
    return this.#pages.size + this.#open;
  }

  /** Offset behind the last object that has arrived in full. */
  get wholeEnd(): number {
    return this.#open === 0 ? this.#pages.size : this.#boundary;
  }

  /** Whether readers may read all that has arrived. */
  get isShown(): boolean {
    return this.#ready === this.#pages.size;
  }

  /** Whether the last object has arrived in full. */
  get isWhole(): boolean {
    return this.#open === 0;
  }

  /** Whether nothing lies behind this offset, not even an object that is still to come in full. */
  isReadTo(offset: number): boolean {
    return offset === this.#pages.size && this.#open === 0 && !this.#isBroken;
  }

  /** Offset behind the page that can be given up next; undefined when only the one being written is left. */
  get headEnd(): number | undefined {
    return this.#pages.headEnd;
  }

  /** Whether the object at this index is here; below 0 are those that the log forgot. */
  has(index: number): boolean {
    return index >= -this.#forgotten && index < this.count;
  }

  /** Offset of an object, where what stands before its payload begins. */
  startOf(index: number): number {
    return this.#starts[index + this.#forgotten]!;
  }

  /** Offset behind an object, even if that has not arrived in full. */
  endOf(index: number): number {
    return this.#starts[index + this.#forgotten + 1] ?? this.nextObjectStart;
  }

  /** Index of the object whose bytes include this offset; what lies before all of them has none. */
  indexAtOffset(offset: number): number {
    return lowerBound(this.#starts, offset + 1) - 1 - this.#forgotten;
  }

  /** Begins the next object, whose properties are written in this form. */
  begin(object: ObjectHead, form: PropertyForm): void {
    if (this.#isBroken) return;
    const head = this.#sayable(object, form);
    if (head === undefined) {
      this.#isBroken = true;
      return;
    }
    const writer = this.#writer!;
    const size = writer.sizeOf(head);
    const preamble = this.#pages.size === 0 ? writer.preamble : NOTHING;
    const page = this.#pages.room(preamble.length + size, head.payloadLength);
    if (preamble.length > 0) {
      page.bytes.set(preamble);
      this.#pages.took(page, preamble.length);
    }
    this.propertiesStart = page.start + writer.write(page.bytes, page.used, head);
    this.propertiesLength = head.properties.length;
    const start = this.#pages.size;
    this.#pages.took(page, size);
    this.#starts.push(start);
    // The preamble waits for the first object, so that it costs subscribers no write of its own.
    this.#boundary = preamble.length > 0 ? 0 : start;
    this.#open = head.payloadLength;
  }

  /** Whether the dialect can say this object. */
  canSay(object: ObjectHead, form: PropertyForm): boolean {
    return !this.#isBroken && this.#sayable(object, form) !== undefined;
  }

  /** Appends payload of the object that was begun. */
  append(payload: Uint8Array): void {
    if (this.#isBroken) return;
    this.#open -= payload.length;
    this.#pages.append(payload, this.#open);
  }

  /** Shows readers what has arrived; false when that is nothing new. */
  show(): boolean {
    const ready = this.#readable();
    if (ready === this.#ready) return false;
    this.#ready = ready;
    return true;
  }

  /**
   * What goes on a stream before the payload of this object where it is the first on it: ids are counted
   * from the one before, so that is not what stands before it here.
   */
  beginAt({ properties, ...object }: FirstObject): Uint8Array {
    const writer = this.renderer.subgroup(this.#track, { ...this.#fields, firstObject: false });
    const { bytes, form } = properties;
    const head = this.#sayable({ ...object, previous: -1, properties: bytes }, form)!;
    const { preamble } = writer;
    const start = takeMemory(preamble.length + writer.sizeOf(head));
    start.set(preamble);
    writer.write(start, preamble.length, head);
    return start;
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

  /** How many objects begin in the page that can be given up next. */
  get headCount(): number {
    const end = this.#pages.headEnd;
    return end === undefined ? 0 : lowerBound(this.#starts, end);
  }

  /** Gives up the first page with the objects that begin in it. */
  dropHead(): void {
    this.#starts.splice(0, this.headCount);
    this.#dropPage();
  }

  /** The log forgot its first objects: pages that hold nothing else are given up. */
  forget(count: number): void {
    this.#forgotten += Math.min(count, this.count);
    const kept = this.#starts[this.#forgotten] ?? this.nextObjectStart;
    while ((this.#pages.headEnd ?? Infinity) <= kept) this.#dropPage();
    const gone = Math.min(this.#forgotten, lowerBound(this.#starts, this.#pages.start));
    this.#starts.splice(0, gone);
    this.#forgotten -= gone;
  }

  /** Gives up everything. */
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

  /** The object with its properties as the dialect writes them; undefined when it cannot be said. */
  #sayable(object: ObjectHead, form: PropertyForm): ObjectHead | undefined {
    const { properties } = this.renderer;
    if (properties === form) return object;
    try {
      const bytes = properties.of({ bytes: object.properties, form });
      return { ...object, properties: bytes };
    } catch (error) {
      if (error instanceof EncodeError || error instanceof DecodeError) return undefined;
      throw error;
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
