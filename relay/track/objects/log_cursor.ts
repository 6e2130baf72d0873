import type { Page } from "./pages.ts";
import type { Rendering } from "./rendering.ts";

/** A subscriber's read position in a rendering. */
export class LogCursor {
  readonly #rendering: Rendering;
  #page: Page | undefined;
  #offset: number;

  /** `offset` may be where the next object will begin. */
  constructor(rendering: Rendering, offset: number) {
    this.#rendering = rendering;
    this.#offset = offset;
  }

  /** The offset of the next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Available bytes that were not read. */
  get backlog(): number {
    return Math.max(0, this.#rendering.ready - this.#offset);
  }

  /** Whether the next bytes were evicted. */
  get lagged(): boolean {
    return this.backlog > 0 && this.#current() === undefined;
  }

  /** The available bytes, as far as they are contiguous; undefined when there are none. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const page = this.#current();
    return page === undefined ? undefined : this.#rendering.readyView(page, this.#offset);
  }

  /** Advances behind bytes that were read. */
  advance(length: number): void {
    this.#offset += length;
  }

  /** Releases the current page. */
  release(): void {
    this.#page = undefined;
  }

  #current(): Page | undefined {
    const page = this.#page;
    const end = page === undefined || page.evicted ? -1 : page.start + page.used;
    if (this.#offset > end) return this.#page = this.#rendering.pageOf(this.#offset);
    if (this.#offset < end) return page;
    // At the end: keep the page, because the next page will be linked to it.
    if (page?.next !== undefined) return this.#page = page.next;
    return undefined;
  }
}
