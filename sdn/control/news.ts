import type { ChangeLog, EventPlace, LogPlace } from "./change_log.ts";
import type { Interested, InterestIndex } from "./interest_index.ts";
import { MAX_PENDING_CHANGES } from "./limits.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";

/** The changes that a watcher is told, in order. */
export interface News {
  /** The revision up to which it was told everything that concerns it. */
  readonly revision: number;
  /** What comes after `revision` is told from now on. */
  begin(revision: number): void;
  /** The next events, none while there is nothing new; undefined when some were evicted. */
  take(): readonly WatchEvent[] | undefined;
  /** Everything was taken: the watcher is woken when there is more. */
  wait(): void;
  close(): void;
}

/** Every change of a scope: all who read at the same place share what they read. */
export class AllNews implements News {
  readonly #log: ChangeLog;
  readonly #scope: WatchScope;
  readonly #waking: { readonly wakeups: Wakeups; readonly wake: () => void };
  #place: LogPlace;

  constructor(
    log: ChangeLog,
    scope: WatchScope,
    waking: { readonly wakeups: Wakeups; readonly wake: () => void },
  ) {
    this.#log = log;
    this.#scope = scope;
    this.#waking = waking;
    this.#place = { revision: log.revision, events: 0 };
  }

  get revision(): number {
    return this.#place.revision;
  }

  begin(revision: number): void {
    this.#place = { revision, events: 0 };
  }

  take(): readonly WatchEvent[] | undefined {
    while (this.#place.revision < this.#log.revision) {
      const next = this.#log.after(this.#place, this.#scope);
      if (next === undefined) return undefined;
      this.#place = next.place;
      if (next.events.length > 0) return next.events;
    }
    return NONE;
  }

  wait(): void {
    this.#waking.wakeups.wait(this.#waking.wake);
  }

  close(): void {
    this.#waking.wakeups.leave(this.#waking.wake);
  }
}

/** The changes that concern one watcher: those of its scope, and of the announces that it follows. */
export class ConcerningNews implements News, Interested {
  readonly scope: WatchScope;
  readonly client: string;
  readonly wake: () => void;
  readonly #log: ChangeLog;
  readonly #index: InterestIndex;
  /** What was not told yet, behind what was. */
  #pending: EventPlace[] = [];
  #told = 0;
  #begun: number;
  #isWaiting = false;
  #isBehind = false;

  constructor(
    log: ChangeLog,
    index: InterestIndex,
    who: { readonly scope: WatchScope; readonly client: string; readonly wake: () => void },
  ) {
    this.#log = log;
    this.#index = index;
    this.scope = who.scope;
    this.client = who.client;
    this.wake = who.wake;
    this.#begun = log.revision;
    index.enter(this);
  }

  get revision(): number {
    const next = this.#pending[this.#told];
    return next === undefined ? Math.max(this.#begun, this.#log.revision) : next.revision - 1;
  }

  begin(revision: number): void {
    this.#begun = revision;
    this.#pending = [];
    this.#told = 0;
    this.#isBehind = !this.#log.reaches(revision);
    if (this.#isBehind) return;
    const concerns = this.#index.filterOf(this);
    for (const [place, event] of this.#log.eventsAfter(revision)) {
      if (concerns(event)) this.#pending.push(place);
    }
  }

  concerns(place: EventPlace): void {
    if (this.#isBehind) return;
    if (this.#pending.length - this.#told >= MAX_PENDING_CHANGES) {
      this.#isBehind = true;
      this.#pending = [];
      this.#told = 0;
    } else this.#pending.push(place);
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#index.hasNews(this);
  }

  take(): readonly WatchEvent[] | undefined {
    if (this.#isBehind) return undefined;
    if (this.#told === this.#pending.length) return NONE;
    const events = this.#log.pick(this.#untold());
    this.#told += events?.length ?? 0;
    // One copy for many events.
    if (2 * this.#told >= this.#pending.length) {
      this.#pending = this.#pending.slice(this.#told);
      this.#told = 0;
    }
    return events;
  }

  wait(): void {
    this.#isWaiting = true;
  }

  close(): void {
    this.#index.leave(this);
  }

  *#untold(): Generator<EventPlace> {
    for (let at = this.#told; at < this.#pending.length; at++) yield this.#pending[at]!;
  }
}

const NONE: readonly WatchEvent[] = [];
