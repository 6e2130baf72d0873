import { MAX_PAGE_BYTES } from "../limits.ts";
import type { DatagramObject } from "./datagram_object.ts";

/** The objects of one group that came as datagrams. */
export class GroupDatagrams {
  // In the order in which they came.
  readonly #objects = new Map<number, DatagramObject>();
  #bytes = 0;
  #givenUpTo = -1;

  get count(): number {
    return this.#objects.size;
  }

  /** Memory that they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ids, in the order in which they came. */
  ids(): Iterable<number> {
    return this.#objects.keys();
  }

  get(id: number): DatagramObject | undefined {
    return this.#objects.get(id);
  }

  /** The newest, no more than so many, in the order in which they came. */
  newest(max: number): DatagramObject[] {
    return [...this.#objects.values()].slice(-max);
  }

  /** Whether this object, or a later one, was here and was given up. */
  isGivenUp(id: number): boolean {
    return id <= this.#givenUpTo;
  }

  add(id: number, object: DatagramObject): void {
    this.#objects.set(id, object);
    this.#bytes += object.bytes;
  }

  /** One of them takes this many bytes more. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Gives up all of them. */
  clear(): void {
    for (const id of this.#objects.keys()) this.#giveUp(id);
  }

  /** Gives up the oldest, about as much as a page. Returns the bytes that are free now. */
  trim(): number {
    const before = this.#bytes;
    for (const id of this.#objects.keys()) {
      this.#giveUp(id);
      if (before - this.#bytes >= MAX_PAGE_BYTES) break;
    }
    return before - this.#bytes;
  }

  #giveUp(id: number): void {
    this.#bytes -= this.#objects.get(id)!.bytes;
    this.#objects.delete(id);
    this.#givenUpTo = Math.max(this.#givenUpTo, id);
  }
}
