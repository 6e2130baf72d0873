import { MAX_PAGE_BYTES } from "../limits.ts";
import type { DatagramObject } from "./datagram_object.ts";

/** The datagrams of one group. */
export class GroupDatagrams {
  // In order of arrival.
  readonly #objects = new Map<number, DatagramObject>();
  #bytes = 0;
  #givenUpTo = -1;

  get count(): number {
    return this.#objects.size;
  }

  /** Their memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Their ids in order of arrival. */
  ids(): Iterable<number> {
    return this.#objects.keys();
  }

  get(id: number): DatagramObject | undefined {
    return this.#objects.get(id);
  }

  /** The newest ones, at most `max`, in order of arrival. */
  newest(max: number): DatagramObject[] {
    return [...this.#objects.values()].slice(-max);
  }

  /** Whether this or a later object was received and dropped. */
  isGivenUp(id: number): boolean {
    return id <= this.#givenUpTo;
  }

  add(id: number, object: DatagramObject): void {
    this.#objects.set(id, object);
    this.#bytes += object.bytes;
  }

  /** Increases the size of one of them. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Evicts all. */
  clear(): void {
    for (const id of this.#objects.keys()) this.#giveUp(id);
  }

  /** Evicts the oldest, about a page. Returns the released bytes. */
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
