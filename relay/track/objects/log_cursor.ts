import type { Page } from "./pages.ts";
import type { Rendering } from "./rendering.ts";

/** A subscriber's place in a rendering. */
export class LogCursor {
  readonly #rendering: Rendering;
  #page: Page | undefined;
  #offset: number;

  /** Stands at `offset`, which may be where the next object will begin. */
  constructor(rendering: Rendering, offset: number) {
    this.#rendering = rendering;
    this.#offset = offset;
  }

  /** The next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are ready and not read. */
  get backlog(): number {
    return Math.max(0, this.#rendering.ready - this.#offset);
  }

  /** Whether the next bytes are gone from the cache. */
  get lagged(): boolean {
    return this.backlog > 0 && this.#current() === undefined;
  }

  /** Everything that is ready, as far as it lies together; undefined when nothing is. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const page = this.#current();
    return page === undefined ? undefined : this.#rendering.readyView(page, this.#offset);
  }

  /** Steps over bytes that were read. */
  advance(length: number): void {
    this.#offset += length;
  }

  /** Lets go of the page it stands on. */
  release(): void {
    this.#page = undefined;
  }

  #current(): Page | undefined {
    const page = this.#page;
    const end = page === undefined || page.evicted ? -1 : page.start + page.used;
    if (this.#offset > end) return this.#page = this.#rendering.pageOf(this.#offset);
    if (this.#offset < end) return page;
    // At the end of what is there: stays, for the next page will be linked to this one.
    if (page?.next !== undefined) return this.#page = page.next;
    return undefined;
  }
}
