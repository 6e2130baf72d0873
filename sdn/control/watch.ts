import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Interest, type Refusal, refusal } from "@qumo/shared/topology";
import type { Graph } from "../graph/mod.ts";
import type { AccessFeed, AccessNews } from "./access_feed.ts";
import type { Admission } from "./admission.ts";
import type { ChangeLog } from "./change_log.ts";
import type { InterestIndex } from "./interest_index.ts";
import { MAX_PENDING_REVISIONS } from "./limits.ts";
import { AllNews, ConcerningNews, type News } from "./news.ts";
import type { RouteFollower, RouteLines, RouteTables } from "./route_tables.ts";
import type { Snapshot, Snapshots } from "./snapshots.ts";
import type { InterestChange, WatchEvent, WatchFeed, WatchQuery } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";

/** The sources that watchers read. */
export interface WatchSources {
  readonly changeLog: ChangeLog;
  readonly snapshots: Snapshots;
  readonly tables: RouteTables;
  readonly wakeups: Wakeups;
  /** Tells of revocations, policies and kicks. */
  readonly access: AccessFeed;
  /** Those who follow some announces. */
  readonly interested: InterestIndex;
  /** The number of announces. */
  readonly announces: () => number;
  /** The announces that some interests are about, as lists of entries. */
  readonly interestPages: (interests: readonly Interest[]) => Iterable<readonly unknown[]>;
  /** Whose turn it is to begin. */
  readonly admission: Admission;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  /** Called when a watcher has fallen behind the change log. */
  readonly onBehind: () => void;
  /** The tracks that each relay receives from its neighbors. */
  readonly flows: () => ReadonlyMap<string, readonly unknown[]>;
}

/**
 * Follows the changes after `since`, or a snapshot and the changes after it. Watchers read the
 * shared change log at their own pace; one whose position was evicted gets a final event and ends.
 */
export function watch(sources: WatchSources, query: WatchQuery): Outcome<WatchFeed, Refusal> {
  const { changeLog } = sources;
  if (query.since !== undefined && !changeLog.reaches(query.since)) {
    const message =
      `The history does not reach back to ${query.since}; it is at ${changeLog.revision}`;
    return refused(refusal("history_gone", message));
  }
  const { allUpTo = 0 } = query.interest ?? {};
  const isSmall = allUpTo > 0 && sources.announces() <= allUpTo;
  if (query.interest === undefined || isSmall) {
    return done(new Watcher(sources, query).start());
  }
  const scope = { ...query.scope, announces: false };
  const watcher = new Watcher(sources, { ...query, scope });
  const begun = watcher.revise({ number: 0, add: query.interest.interests, drop: [] });
  if (begun.ok) return done(watcher.start());
  watcher.close();
  return begun;
}

/** One watcher's place in the snapshot, the routes and the changes. */
class Watcher implements WatchFeed {
  readonly #sources: WatchSources;
  readonly #query: WatchQuery;
  /** What comes before the changes, list by list; undefined while it is being made, or when over. */
  #opening: Iterator<readonly WatchEvent[]> | undefined;
  #isOpen = false;
  readonly #news: News;
  /** Those who follow some announces have it. */
  readonly #concerning: ConcerningNews | undefined;
  /** What is told before all else. */
  readonly #access: AccessNews | undefined;
  /** What is told of interests that were added. */
  #added: Iterator<readonly WatchEvent[]>[] = [];
  #routes: readonly FollowedRoutes[] = [];
  #isOver = false;
  /** Ends its turn. */
  #leave = () => {};
  readonly #wake = () => {
    if (!this.#isOver) this.#query.onNews();
  };

  constructor(sources: WatchSources, query: WatchQuery) {
    this.#sources = sources;
    this.#query = query;
    const { changeLog, wakeups, interested } = sources;
    const wake = this.#wake;
    const { interest, since, client } = query;
    // Told by itself, not in its turn.
    const scope = { ...query.scope, access: false };
    if (query.scope.access) this.#access = sources.access.follow(query.scope, { since, wake });
    if (interest !== undefined && !scope.announces) {
      this.#concerning = new ConcerningNews(changeLog, interested, { scope, client, wake });
    }
    this.#news = this.#concerning ?? new AllNews(changeLog, scope, { wakeups, wake });
  }

  /** Begins when it is its turn. */
  start(): this {
    const { admission } = this.#sources;
    this.#leave = admission.come(this.#query.client, () => void this.#open());
    return this;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  take(): readonly WatchEvent[] {
    if (this.#isOver) return NONE;
    if (this.#sources.changeLog.closed) return this.#end(NONE);
    const urgent = this.#access?.take();
    if (urgent !== undefined) return urgent;
    if (this.#opening !== undefined) {
      const next = this.#opening.next();
      if (!next.done) return next.value;
      this.#opening = undefined;
      this.#isOpen = true;
      this.#leave();
    }
    const news = this.#isOpen ? this.#next() : NONE;
    if (news.length === 0 && !this.#isOver) this.#news.wait();
    return news;
  }

  place(): readonly WatchEvent[] {
    if (this.#concerning === undefined || !this.#isOpen || this.#isOver) return NONE;
    const { revision } = this.#news;
    return [{ id: revision, event: "place", data: JSON.stringify({ revision }) }];
  }

  revise(change: InterestChange): Outcome<void, Refusal> {
    if (this.#isOver) return refused(refusal("not_found", "The watcher has ended"));
    if (this.#added.length >= MAX_PENDING_REVISIONS) {
      return refused(refusal("rate_limited", "The watcher has not read what it asked for"));
    }
    const outcome = this.#concerning === undefined
      ? done(undefined)
      : this.#sources.interested.revise(this.#concerning, change);
    // What a watcher begins with is told at its opening.
    if (!outcome.ok || change.number === 0) return outcome;
    this.#added.push(this.#tellAdded(change));
    this.#query.onNews();
    return outcome;
  }

  close(): void {
    this.#isOver = true;
    this.#leave();
    this.#news.close();
    this.#access?.close();
    for (const one of this.#routes) one.close();
  }

  async #open(): Promise<void> {
    const { scope, since } = this.#query;
    const { snapshots, freshGraph } = this.#sources;
    let snapshot: Snapshot | undefined;
    if (since === undefined && (scope.graph || scope.announces || this.#concerning)) {
      snapshot = await snapshots.take();
    }
    if (scope.routes.length > 0) await freshGraph();
    if (this.#isOver) return;
    const { tables, changeLog } = this.#sources;
    this.#news.begin(since ?? snapshot?.revision ?? changeLog.revision);
    this.#routes = scope.routes.map((relay) => new FollowedRoutes(tables, relay, this.#wake));
    this.#opening = this.#first(snapshot);
    this.#query.onNews();
  }

  *#first(snapshot: Snapshot | undefined): Generator<readonly WatchEvent[]> {
    const { scope, since, interest } = this.#query;
    if (interest !== undefined) yield [this.#nameEvent(interest.id)];
    if (scope.graph && snapshot !== undefined) yield snapshot.graph;
    if (scope.announces) {
      let page = snapshot?.page(0, undefined);
      for (let number = 1; page !== undefined; number++) {
        yield page.events;
        page = snapshot?.page(number, page.last);
      }
    }
    if (this.#concerning !== undefined && since === undefined) {
      yield* this.#pages(interest!.interests);
    }
    if (scope.flows && since === undefined) {
      // Iterates over a copy: a change during the snapshot reaches the watcher as a change event.
      for (const [relay, flows] of [...this.#sources.flows()]) {
        yield [{ event: "flows", data: JSON.stringify({ relay, flows }) }];
      }
    }
    for (const one of this.#routes) {
      const lines = one.all();
      if (lines.length > 0) yield lines;
    }
    const { revision } = this.#news;
    yield [{ id: revision, event: "ready", data: JSON.stringify({ revision }) }];
  }

  #next(): readonly WatchEvent[] {
    for (let added = this.#added[0]; added !== undefined; added = this.#added[0]) {
      const next = added.next();
      if (!next.done) return next.value;
      this.#added.shift();
    }
    const news = this.#news.take();
    if (news === undefined) {
      this.#sources.onBehind();
      const data = JSON.stringify({ revision: this.#sources.changeLog.revision });
      return this.#end([{ event: "history_gone", data }]);
    }
    if (news.length > 0) return news;
    const changed = this.#routes.find((one) => one.hasNews);
    return changed === undefined ? NONE : changed.news(this.#news.revision);
  }

  /** What a watcher is told first: its name, and whether it follows all announces or some. */
  #nameEvent(id: string): WatchEvent {
    const follows = this.#concerning === undefined ? "all" : "interests";
    return { event: "watcher", data: JSON.stringify({ watcher: id, follows }) };
  }

  *#tellAdded({ number, add }: InterestChange): Generator<readonly WatchEvent[]> {
    if (this.#concerning !== undefined) yield* this.#pages(add);
    const { revision } = this.#sources.changeLog;
    yield [{ event: "interests", data: JSON.stringify({ number, revision }) }];
  }

  *#pages(interests: readonly Interest[]): Generator<readonly WatchEvent[]> {
    for (const entries of this.#sources.interestPages(interests)) {
      yield [{ event: "announces", data: JSON.stringify({ entries }) }];
    }
  }

  #end(last: readonly WatchEvent[]): readonly WatchEvent[] {
    this.close();
    return last;
  }
}

/** The next hops that a watcher follows: it is told of those that changed since it was told last. */
class FollowedRoutes {
  readonly #relay: string;
  readonly #follower: RouteFollower;
  #changed = new Set<string>();

  constructor(tables: RouteTables, relay: string, onNews: () => void) {
    this.#relay = relay;
    this.#follower = tables.follow(relay, (targets) => {
      for (const target of targets) this.#changed.add(target);
      onNews();
    });
  }

  get hasNews(): boolean {
    return this.#changed.size > 0;
  }

  all(): readonly WatchEvent[] {
    this.#changed.clear();
    const lines = this.#follower.all();
    return lines.count === 0 ? NONE : this.#events(lines, undefined);
  }

  news(id: number): readonly WatchEvent[] {
    const lines = this.#follower.of(this.#changed);
    this.#changed = new Set();
    return this.#events(lines, id);
  }

  close(): void {
    this.#follower.close();
  }

  #events({ revision, routes, removed }: RouteLines, id: number | undefined): WatchEvent[] {
    const data = `{"revision":${revision},"relay":${JSON.stringify(this.#relay)},` +
      `"routes":${routes},"removed":${JSON.stringify(removed)}}`;
    return [{ ...(id !== undefined && { id }), event: "routes", data }];
  }
}

const NONE: readonly WatchEvent[] = [];
