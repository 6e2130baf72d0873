import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import type { Graph } from "../graph/mod.ts";
import type { Admission } from "./admission.ts";
import type { ChangeLog, LogPlace } from "./change_log.ts";
import type { RouteFollower, RouteLines, RouteTables } from "./route_tables.ts";
import type { Snapshot, Snapshots } from "./snapshots.ts";
import type { WatchEvent, WatchFeed, WatchQuery } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";

/** The sources that watchers read. */
export interface WatchSources {
  readonly changeLog: ChangeLog;
  readonly snapshots: Snapshots;
  readonly tables: RouteTables;
  readonly wakeups: Wakeups;
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
  return done(new Watcher(sources, query));
}

/** One watcher's place in the snapshot, the routes and the changes. */
class Watcher implements WatchFeed {
  readonly #sources: WatchSources;
  readonly #query: WatchQuery;
  /** What comes before the changes, list by list; undefined while it is being made, or when over. */
  #opening: Iterator<readonly WatchEvent[]> | undefined;
  #isOpen = false;
  #place: LogPlace;
  #routes: readonly FollowedRoutes[] = [];
  #isOver = false;
  /** Ends its turn. */
  readonly #leave: () => void;
  readonly #wake = () => {
    if (!this.#isOver) this.#query.onNews();
  };

  constructor(sources: WatchSources, query: WatchQuery) {
    this.#sources = sources;
    this.#query = query;
    this.#place = { revision: query.since ?? sources.changeLog.revision, events: 0 };
    this.#leave = sources.admission.come(query.client, () => void this.#open());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  take(): readonly WatchEvent[] {
    if (this.#isOver) return NONE;
    const { changeLog, wakeups } = this.#sources;
    if (changeLog.closed) return this.#end(NONE);
    if (this.#opening !== undefined) {
      const next = this.#opening.next();
      if (!next.done) return next.value;
      this.#opening = undefined;
      this.#isOpen = true;
      this.#leave();
    }
    const news = this.#isOpen ? this.#news() : NONE;
    if (news.length === 0 && !this.#isOver) wakeups.wait(this.#wake);
    return news;
  }

  close(): void {
    this.#isOver = true;
    this.#leave();
    this.#sources.wakeups.leave(this.#wake);
    for (const one of this.#routes) one.close();
  }

  async #open(): Promise<void> {
    const { scope, since } = this.#query;
    const { snapshots, freshGraph } = this.#sources;
    let snapshot: Snapshot | undefined;
    if (since === undefined && (scope.graph || scope.announces)) {
      snapshot = await snapshots.take();
      this.#place = { revision: snapshot.revision, events: 0 };
    }
    if (scope.routes.length > 0) await freshGraph();
    if (this.#isOver) return;
    const { tables } = this.#sources;
    this.#routes = scope.routes.map((relay) => new FollowedRoutes(tables, relay, this.#wake));
    this.#opening = this.#first(snapshot);
    this.#query.onNews();
  }

  *#first(snapshot: Snapshot | undefined): Generator<readonly WatchEvent[]> {
    const { scope, since } = this.#query;
    if (scope.graph && snapshot !== undefined) yield snapshot.graph;
    if (scope.announces) {
      let page = snapshot?.page(0, undefined);
      for (let number = 1; page !== undefined; number++) {
        yield page.events;
        page = snapshot?.page(number, page.last);
      }
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
    const { revision } = this.#place;
    yield [{ id: revision, event: "ready", data: JSON.stringify({ revision }) }];
  }

  #news(): readonly WatchEvent[] {
    const { changeLog, onBehind } = this.#sources;
    const { scope } = this.#query;
    while (this.#place.revision < changeLog.revision) {
      const next = changeLog.after(this.#place, scope);
      if (next === undefined) {
        onBehind();
        const data = JSON.stringify({ revision: changeLog.revision });
        return this.#end([{ event: "history_gone", data }]);
      }
      this.#place = next.place;
      if (next.events.length > 0) return next.events;
    }
    const changed = this.#routes.find((one) => one.hasNews);
    return changed === undefined ? NONE : changed.news(this.#place.revision);
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
