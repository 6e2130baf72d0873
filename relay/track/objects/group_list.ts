import type { Group } from "./group.ts";

/** The cached groups of a track, by ascending id. */
export class GroupList {
  readonly #groups = new Map<bigint, Group>();
  // Group ids, ascending.
  #order: bigint[] = [];

  /** The number of groups. */
  get size(): number {
    return this.#groups.size;
  }

  get oldest(): Group | undefined {
    return this.#at(0);
  }

  get newest(): Group | undefined {
    return this.#at(-1);
  }

  /** The oldest group with a stream that is being received; undefined where there is none. */
  get oldestOpen(): Group | undefined {
    const id = this.#order.find((id) => this.#groups.get(id)!.isOpen);
    return id === undefined ? undefined : this.#groups.get(id);
  }

  /** The number of groups with a stream that is being received. */
  get openCount(): number {
    return this.#groups.values().filter(({ isOpen }) => isOpen).reduce((sum) => sum + 1, 0);
  }

  get(id: bigint): Group | undefined {
    return this.#groups.get(id);
  }

  /** The groups between two ids, both included, ascending. */
  between(from: bigint, to: bigint): Group[] {
    return this.#order.filter((id) => id >= from && id <= to).map((id) => this.#groups.get(id)!);
  }

  /** The groups before this id, ascending. */
  before(id: bigint): Group[] {
    return this.#order.filter((other) => other < id).map((other) => this.#groups.get(other)!);
  }

  add(group: Group): void {
    let at = this.#order.length;
    while (at > 0 && this.#order[at - 1]! > group.id) at--;
    this.#order.splice(at, 0, group.id);
    this.#groups.set(group.id, group);
  }

  remove({ id }: Group): void {
    this.#groups.delete(id);
    this.#order = this.#order.filter((other) => other !== id);
  }

  /** All groups, in the order in which they were added. */
  all(): Group[] {
    return [...this.#groups.values()];
  }

  #at(place: number): Group | undefined {
    const id = this.#order.at(place);
    return id === undefined ? undefined : this.#groups.get(id);
  }
}
