import { FIRST_PAGE_BYTES, MAX_PAGE_BYTES } from "../limits.ts";

/**
 * Memory for payloads and for what is written around them. Nothing else in the model or in sessions
 * allocates any, so that this file says all of how it is taken.
 */
export function takeMemory(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}

/** A contiguous run of a log's bytes. Used bytes never change, so writes may refer to them. */
export interface Page {
  /** Offset of its first byte in the log. */
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Used bytes. */
  used: number;
  next: Page | undefined;
  /** Whether it was evicted; a reader at this page has fallen behind. */
  evicted: boolean;
}

/**
 * The bytes of a log in linked pages: a slow reader retains only the pages it needs, and the start
 * of an endless log can be evicted.
 */
export class Pages {
  #head: Page | undefined;
  #tail: Page | undefined;
  #size: number;
  #capacity = 0;

  /** `start` is the offset of the first byte. */
  constructor(start = 0) {
    this.#size = start;
  }

  /** Offset of the first byte. */
  get start(): number {
    return this.#head?.start ?? this.#size;
  }

  /** Offset behind the last byte. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the pages. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Offset behind the page that can be evicted next; undefined when only the page being written is
   * left.
   */
  get headEnd(): number | undefined {
    const head = this.#head;
    return head === undefined || head === this.#tail ? undefined : head.start + head.used;
  }

  /** The page with this offset; undefined when it was evicted or not written yet. */
  at(offset: number): Page | undefined {
    const tail = this.#tail;
    // Most readers are near the end.
    if (tail !== undefined && offset >= tail.start) {
      return offset < tail.start + tail.used ? tail : undefined;
    }
    for (let page = this.#head; page !== undefined && page.start <= offset; page = page.next) {
      if (offset < page.start + page.used) return page;
    }
    return undefined;
  }

  /** Views of the bytes between two offsets. */
  *views(from: number, to: number): Iterable<Uint8Array<ArrayBuffer>> {
    let page = this.at(from) ?? this.#head;
    for (; page !== undefined && page.start < to; page = page.next) {
      const end = Math.min(to, page.start + page.used);
      const start = Math.max(from, page.start);
      if (start < end) yield page.bytes.subarray(start - page.start, end - page.start);
    }
  }

  /**
   * A page with `header` free bytes, and `payload` more behind them if one page can hold both. Call
   * {@linkcode Pages.took} with the number of bytes written.
   */
  reserve(header: number, payload: number): Page {
    const total = header + payload;
    const wanted = total <= MAX_PAGE_BYTES ? total : header;
    const tail = this.#tail;
    if (tail !== undefined && tail.bytes.length - tail.used >= wanted) return tail;
    const doubled = tail === undefined ? FIRST_PAGE_BYTES : tail.bytes.length * 2;
    return this.#add(Math.max(header, Math.min(MAX_PAGE_BYTES, Math.max(total, doubled))));
  }

  /** Marks bytes of the page from {@linkcode Pages.reserve} as used. */
  took(page: Page, length: number): void {
    page.used += length;
    this.#size += length;
  }

  /**
   * Appends `bytes`, which `more` bytes will follow; the only copy that the relay makes of them.
   */
  append(bytes: Uint8Array, more: number): void {
    let from = 0;
    while (from < bytes.length) {
      let page = this.#tail;
      if (page === undefined || page.used === page.bytes.length) {
        page = this.#add(Math.min(MAX_PAGE_BYTES, bytes.length - from + more));
      }
      const length = Math.min(bytes.length - from, page.bytes.length - page.used);
      page.bytes.set(
        length === bytes.length ? bytes : bytes.subarray(from, from + length),
        page.used,
      );
      this.took(page, length);
      from += length;
    }
  }

  /** Evicts the first page. */
  dropHead(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = head.next;
    if (this.#head === undefined) this.#tail = undefined;
    head.evicted = true;
    this.#capacity -= head.bytes.length;
  }

  #add(capacity: number): Page {
    const page: Page = {
      start: this.#size,
      bytes: takeMemory(capacity),
      used: 0,
      next: undefined,
      evicted: false,
    };
    if (this.#tail === undefined) this.#head = page;
    else this.#tail.next = page;
    this.#tail = page;
    this.#capacity += capacity;
    return page;
  }
}
