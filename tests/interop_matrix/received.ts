import { sleep, systemClock } from "@qumo/shared/runtime";
import { payloadInWords } from "../support/peers/traffic.ts";
import type { MatrixEvent, MatrixObject, MatrixSubscription } from "./client.ts";
import { soon } from "./soon.ts";

/** What a viewer was told so far; streams of different groups may overtake each other. */
export class Received {
  readonly #subscription: MatrixSubscription;
  readonly #objects = new Map<number, MatrixObject[]>();
  readonly #ended = new Set<number>();
  // What was asked for and has not come yet.
  #next: Promise<MatrixEvent | undefined> | undefined;

  constructor(subscription: MatrixSubscription) {
    this.#subscription = subscription;
  }

  /** The first `count` objects of a group, in words, in order. */
  async objects(group: number, count: number): Promise<string[]> {
    const what = `object ${group}/${count - 1}`;
    while ((this.#objects.get(group)?.length ?? 0) < count) await this.#more(what);
    return this.now(group);
  }

  /** What of a group is there already. */
  now(group: number): string[] {
    return (this.#objects.get(group) ?? []).map(({ object, payload }) => inWords(object, payload));
  }

  /** Subgroups and ids of the first `count` objects of a group, in no order: streams race. */
  async places(group: number, count: number): Promise<string[]> {
    await this.objects(group, count);
    return this.#objects.get(group)!.map(({ subgroup, object }) => `${subgroup}/${object}`).sort();
  }

  /** Waits for so many objects of a group, but no longer than this. */
  async within(milliseconds: number, group: number, count: number): Promise<void> {
    const over = new AbortController();
    const late = sleep(systemClock, milliseconds, over.signal).then(() => "late" as const);
    while (this.now(group).length < count) {
      this.#next ??= this.#subscription.next();
      const event = await Promise.race([this.#next, late]);
      if (event === undefined || event === "late") break;
      this.#next = undefined;
      this.#take(event);
    }
    over.abort();
  }

  async groupEnd(group: number): Promise<void> {
    while (!this.#ended.has(group)) await this.#more(`the end of group ${group}`);
  }

  async trackEnd(): Promise<void> {
    await soon("the end of the track", this.#subscription.ended());
  }

  async #more(what: string): Promise<void> {
    this.#next ??= this.#subscription.next();
    const event = await soon(what, this.#next).catch((error) => {
      const there = [...this.#objects].map(([group, list]) => `${group}: ${list.length}`);
      throw new Error(`${error.message}; objects by group: ${there.join(", ") || "none"}`);
    });
    this.#next = undefined;
    if (event === undefined) throw new Error(`The subscription ended before ${what}`);
    this.#take(event);
  }

  #take(event: MatrixEvent): void {
    if (event.kind === "group_end") this.#ended.add(event.group);
    else this.#objects.set(event.group, [...this.#objects.get(event.group) ?? [], event]);
  }
}

/** An object by its place in the group, and its payload. */
export function inWords(object: number, payload: Uint8Array): string {
  return `${object}: ${payloadInWords(payload)}`;
}
