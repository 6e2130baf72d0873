import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Interest, InterestTree, type Refusal, refusal } from "@qumo/shared/topology";
import type { ChangeEntry, ChangeEvent, EventPlace } from "./change_log.ts";
import {
  MAX_INTEREST_LENGTH,
  MAX_INTEREST_LENGTH_IN_ALL,
  MAX_INTEREST_LENGTH_PER_CLIENT,
  MAX_INTERESTS,
  MAX_INTERESTS_IN_ALL,
  MAX_INTERESTS_PER_CLIENT,
} from "./limits.ts";
import type { WatchScope } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";

/** Somebody who follows some announces. */
export interface Interested {
  readonly scope: WatchScope;
  /** Whose it is: all of one client have a share of what there is for all. */
  readonly client: string;
  /** The event at a place of the log concerns it. All are given one object, which many keep. */
  concerns(place: EventPlace): void;
  /** There is something to read, or the controller ends. */
  readonly wake: () => void;
}

/** How many interests there are, and the characters of their texts. */
interface Amount {
  count: number;
  length: number;
}

/**
 * Those who follow only the announces that they are interested in. A change is told to those whom it
 * concerns: nobody else is looked at or woken.
 */
export class InterestIndex {
  readonly #tree = new InterestTree<Interested>();
  readonly #held = new Map<Interested, { readonly keys: Map<string, Interest>; amount: Amount }>();
  readonly #all: Amount = { count: 0, length: 0 };
  readonly #clients = new Map<string, Amount>();
  readonly #wakeups: Wakeups;

  constructor(wakeups: Wakeups) {
    this.#wakeups = wakeups;
  }

  /** The number of interests of all. */
  get size(): number {
    return this.#all.count;
  }

  /** Somebody follows from now on, without an interest at first. */
  enter(who: Interested): void {
    this.#held.set(who, { keys: new Map(), amount: { count: 0, length: 0 } });
  }

  /** Changes what somebody is interested in; changes nothing where it is refused. */
  revise(
    who: Interested,
    { add, drop }: { readonly add: readonly Interest[]; readonly drop: readonly Interest[] },
  ): Outcome<void, Refusal> {
    const held = this.#held.get(who);
    if (held === undefined) return done(undefined);
    const dropped = drop.filter((one) => held.keys.has(keyOf(one)));
    const isDropped = new Set(dropped.map(keyOf));
    const added = add.filter((one) => !held.keys.has(keyOf(one)) || isDropped.has(keyOf(one)));
    const change = {
      count: added.length - dropped.length,
      length: lengthOf(added) - lengthOf(dropped),
    };
    const isTooMuch = held.amount.count + change.count > MAX_INTERESTS ||
      held.amount.length + change.length > MAX_INTEREST_LENGTH;
    const share = this.#clients.get(who.client) ?? { count: 0, length: 0 };
    const isTooMuchOfOne = share.count + change.count > MAX_INTERESTS_PER_CLIENT ||
      share.length + change.length > MAX_INTEREST_LENGTH_PER_CLIENT;
    const isTooMuchInAll = this.#all.count + change.count > MAX_INTERESTS_IN_ALL ||
      this.#all.length + change.length > MAX_INTEREST_LENGTH_IN_ALL;
    if (added.length > 0 && (isTooMuch || isTooMuchOfOne || isTooMuchInAll)) {
      const whose = isTooMuch
        ? "of one watcher"
        : isTooMuchOfOne
        ? "of one client"
        : "of all watchers";
      return refused(refusal("limit_reached", `Too many interests ${whose}`));
    }
    for (const one of dropped) this.#drop(who, one);
    for (const one of added) this.#add(who, one);
    return done(undefined);
  }

  /** Somebody does not follow any more. */
  leave(who: Interested): void {
    for (const one of [...this.#held.get(who)?.keys.values() ?? []]) this.#drop(who, one);
    this.#held.delete(who);
    this.#wakeups.leave(who.wake);
  }

  /** Somebody has read everything, and now there is more: it is woken with the others. */
  hasNews(who: Interested): void {
    this.#wakeups.wait(who.wake);
  }

  /** Tells those whom it concerns of an entry of the log. */
  push({ revision, events }: ChangeEntry): void {
    for (const [number, event] of events.entries()) {
      const place = { revision, number };
      for (const who of this.#concerned(event)) who.concerns(place);
    }
    this.#wakeups.ring();
  }

  /** What concerns somebody, by interests as they are now. */
  filterOf(who: Interested): (event: ChangeEvent) => boolean {
    const own = new InterestTree<Interested>();
    for (const one of this.#held.get(who)?.keys.values() ?? []) own.add(one, who);
    return (event) =>
      event.announces === undefined
        ? isInScope(who, event)
        : event.announces.some((text) => !own.of(text).next().done);
  }

  /** Wakes everybody: the controller ends. */
  close(): void {
    this.#wakeups.close();
    for (const who of [...this.#held.keys()]) who.wake();
  }

  #concerned(event: ChangeEvent): Iterable<Interested> {
    const { announces } = event;
    if (announces === undefined) {
      return [...this.#held.keys()].filter((who) => isInScope(who, event));
    }
    const found = new Set<Interested>();
    for (const text of announces) for (const who of this.#tree.of(text)) found.add(who);
    return found;
  }

  #add(who: Interested, one: Interest): void {
    const held = this.#held.get(who)!;
    if (held.keys.has(keyOf(one)) || !this.#tree.add(one, who)) return;
    held.keys.set(keyOf(one), one);
    this.#count(who, one, 1);
  }

  #drop(who: Interested, one: Interest): void {
    const held = this.#held.get(who)!;
    if (!held.keys.delete(keyOf(one))) return;
    this.#tree.delete(one, who);
    this.#count(who, one, -1);
  }

  #count(who: Interested, { text }: Interest, sign: 1 | -1): void {
    const share = this.#clients.get(who.client) ?? { count: 0, length: 0 };
    for (const amount of [this.#held.get(who)!.amount, share, this.#all]) {
      amount.count += sign;
      amount.length += sign * text.length;
    }
    if (share.count === 0) this.#clients.delete(who.client);
    else this.#clients.set(who.client, share);
  }
}

/** The end of a relay is told to all who know its announces. */
function isInScope({ scope }: Interested, { scopes }: ChangeEvent): boolean {
  return scopes.some((one) => scope[one] || one === "announces");
}

function keyOf({ kind, text }: Interest): string {
  return `${kind} ${text}`;
}

function lengthOf(interests: readonly Interest[]): number {
  return interests.reduce((sum, { text }) => sum + text.length, 0);
}
