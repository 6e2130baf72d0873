import type { AccessBook } from "../registry/mod.ts";
import { accessView } from "./access_views.ts";
import type { ChangeLog } from "./change_log.ts";
import { MAX_PENDING_ACCESS, SNAPSHOT_PAGE } from "./limits.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";

/** What watchers are told of access is made of. */
export interface AccessSources {
  readonly changeLog: ChangeLog;
  readonly book: AccessBook;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Called when a watcher has not read for so long that it is told everything anew. */
  readonly onBehind: () => void;
}

/** Tells watchers of revocations, policies and kicks: at once, and before all else. */
export class AccessFeed {
  readonly #sources: AccessSources;
  readonly #followers = new Set<AccessNews>();
  /** What the list is told in, until it changes. */
  #pages:
    | { readonly version: number; readonly lists: readonly (readonly WatchEvent[])[] }
    | undefined;

  constructor(sources: AccessSources) {
    this.#sources = sources;
  }

  /** Kicks that were told. */
  kicks = 0;

  /** Somebody follows, from a revision that the log reaches, or with the whole list. */
  follow(
    scope: WatchScope,
    { since, wake }: { since: number | undefined; wake: () => void },
  ): AccessNews {
    const news: AccessNews = new AccessNews({
      scope,
      wake,
      whole: () => this.#whole(),
      onBehind: this.#sources.onBehind,
      onClose: () => this.#followers.delete(news),
    }, since === undefined ? this.#whole() : this.#since(since));
    this.#followers.add(news);
    return news;
  }

  /** Tells all who follow. */
  push(events: readonly WatchEvent[]): void {
    for (const one of [...this.#followers]) one.push(events);
  }

  /** Tells relays, or one of them; returns how many they are. */
  kick(event: WatchEvent, relay: string | undefined): number {
    this.kicks++;
    const events = [event];
    const told = new Set<string>();
    for (const one of [...this.#followers]) {
      const relays = one.scope.routes.filter((name) => relay === undefined || name === relay);
      if (relays.length === 0) continue;
      for (const name of relays) told.add(name);
      one.push(events);
    }
    return told.size;
  }

  *#whole(): Generator<readonly WatchEvent[]> {
    const { book, changeLog } = this.#sources;
    const { revision } = changeLog;
    yield [{ event: "access_begin", data: JSON.stringify({ revision }) }];
    if (this.#pages?.version !== book.version) {
      this.#pages = { version: book.version, lists: [...this.#lists()] };
    }
    yield* this.#pages.lists;
    yield [{ event: "access_ready", data: JSON.stringify({ revision }) }];
  }

  *#lists(): Generator<readonly WatchEvent[]> {
    const { book, wall } = this.#sources;
    const limit = SNAPSHOT_PAGE;
    for (const about of ["revocation", "policy"] as const) {
      let after: string | undefined;
      for (;;) {
        const page = book.page(about, { after, limit, wall: wall() });
        if (page.length > 0) yield [{ event: "access", data: JSON.stringify(accessView(page)) }];
        after = page.at(-1)?.id;
        if (page.length < limit) break;
      }
    }
  }

  *#since(since: number): Generator<readonly WatchEvent[]> {
    const { changeLog } = this.#sources;
    for (const [, event] of changeLog.eventsAfter(since)) {
      if (event.scopes.includes("access")) yield [event];
    }
    const { revision } = changeLog;
    yield [{ event: "access_ready", data: JSON.stringify({ revision }) }];
  }
}

interface Following {
  readonly scope: WatchScope;
  readonly wake: () => void;
  readonly whole: () => Generator<readonly WatchEvent[]>;
  readonly onBehind: () => void;
  readonly onClose: () => void;
}

/** What one watcher is yet to be told of access. */
export class AccessNews {
  readonly #following: Following;
  #opening: (readonly WatchEvent[])[];
  #pending: (readonly WatchEvent[])[] = [];

  constructor(following: Following, opening: Iterable<readonly WatchEvent[]>) {
    this.#following = following;
    // As of now: what changes while it is told comes after it.
    this.#opening = [...opening].reverse();
  }

  get scope(): WatchScope {
    return this.#following.scope;
  }

  /** Events to be told after those before; they are shared by all followers. */
  push(events: readonly WatchEvent[]): void {
    const { whole, onBehind, wake } = this.#following;
    if (this.#pending.length >= MAX_PENDING_ACCESS) {
      onBehind();
      this.#pending = [];
      this.#opening = [...whole()].reverse();
    } else this.#pending.push(events);
    wake();
  }

  /** The next events; undefined while there is nothing new. */
  take(): readonly WatchEvent[] | undefined {
    return this.#opening.pop() ?? this.#pending.shift();
  }

  close(): void {
    this.#following.onClose();
  }
}
