import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { type Graph, nextHops } from "../graph/mod.ts";
import type { ChangeLog, EventText } from "./change_log.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";
import { nextHopsView } from "./views.ts";

/** The graph as watchers are shown it. */
export interface GraphText {
  readonly revision: number;
  readonly text: string;
}

/** Where a watcher reads. */
export interface WatchSources {
  readonly changeLog: ChangeLog;
  /** The graph with everything known now. */
  readonly freshGraph: () => Promise<Graph>;
  /** A graph as text that is at least of a revision, or one that was written a moment ago. */
  readonly graphText: (graph: Graph, revision: number) => GraphText;
  /** The whole directory, a page at a time. */
  readonly announcePages: () => Iterable<readonly unknown[]>;
  /** Told of a watcher that was too slow. */
  readonly onBehind: () => void;
  /** What each relay takes from its neighbors. */
  readonly flows: () => ReadonlyMap<string, readonly unknown[]>;
}

/** What somebody wants to follow, and from where. */
export interface WatchQuery {
  readonly since?: number | undefined;
  readonly scope: WatchScope;
  readonly signal: AbortSignal;
}

/**
 * Follows the changes after `since`, or gives a snapshot and follows what comes after it. Each
 * watcher reads the shared log at its own pace; one whose place is gone is told so and ends.
 */
export function watch(
  sources: WatchSources,
  query: WatchQuery,
): Outcome<AsyncIterable<WatchEvent>, Refusal> {
  const { changeLog } = sources;
  if (query.since !== undefined && !changeLog.reaches(query.since)) {
    const message =
      `The history does not reach back to ${query.since}; it is at ${changeLog.revision}`;
    return refused(refusal("history_gone", message));
  }
  return done(follow(sources, query));
}

async function* follow(
  sources: WatchSources,
  { since, scope, signal }: WatchQuery,
): AsyncGenerator<WatchEvent> {
  const { changeLog, freshGraph } = sources;
  const tables = new RouteTables(scope.routes);
  let seen = since ?? changeLog.revision;
  if (since === undefined) {
    if (scope.graph) {
      const { text, revision } = sources.graphText(await freshGraph(), seen);
      seen = revision;
      yield { event: "graph", data: text };
    }
    yield* snapshot(sources, scope);
  }
  let graph = scope.routes.length > 0 ? await freshGraph() : undefined;
  if (graph !== undefined) yield* tables.changes(graph);
  yield { id: seen, event: "ready", data: JSON.stringify({ revision: seen }) };
  while (!signal.aborted && !changeLog.closed) {
    let hasNews = false;
    for (let revision = seen + 1; revision <= changeLog.revision; revision++) {
      // While a watcher takes its time, nothing is held for it but the event that it is given.
      for (let at = 0; at < (changeLog.at(revision)?.events.length ?? 0); at++) {
        const { event, data, scopes } = changeLog.at(revision)!.events[at]!;
        if (scopes.some((one) => scope[one])) yield { id: revision, event, data };
      }
      if (changeLog.at(revision) === undefined) {
        sources.onBehind();
        yield { event: "history_gone", data: JSON.stringify({ revision: changeLog.revision }) };
        return;
      }
      seen = revision;
      hasNews = true;
    }
    if (graph !== undefined && hasNews) {
      const newest = await freshGraph();
      if (newest !== graph) yield* numbered(seen, tables.changes(newest));
      graph = newest;
    }
    await changeLog.beyond(seen, signal);
  }
}

function* snapshot(sources: WatchSources, scope: WatchScope): Generator<WatchEvent> {
  if (scope.announces) {
    for (const entries of sources.announcePages()) {
      yield { event: "announces", data: JSON.stringify({ entries }) };
    }
  }
  if (scope.flows) {
    // A copy: what changes while a watcher reads comes to it as a change.
    for (const [relay, flows] of [...sources.flows()]) {
      yield { event: "flows", data: JSON.stringify({ relay, flows }) };
    }
  }
}

function* numbered(id: number, events: Iterable<EventText>): Generator<WatchEvent> {
  for (const event of events) yield { id, ...event };
}

/** The next hops that a watcher knows, line by line, to tell it what became different. */
class RouteTables {
  readonly #known: Map<string, Map<string, string>>;

  constructor(relays: readonly string[]) {
    this.#known = new Map(relays.map((relay) => [relay, new Map()]));
  }

  *changes(graph: Graph): Generator<EventText> {
    for (const [relay, known] of this.#known) {
      const routes = nextHopsView(graph, nextHops(graph, relay) ?? []);
      const lines = new Map(
        Object.entries(routes).map(([target, line]) => [target, JSON.stringify(line)]),
      );
      const changed = [...lines].filter(([target, line]) => known.get(target) !== line);
      const removed = [...known.keys()].filter((target) => !lines.has(target));
      this.#known.set(relay, lines);
      if (changed.length === 0 && removed.length === 0) continue;
      const { revision } = graph;
      const table = Object.fromEntries(changed.map(([target]) => [target, routes[target]]));
      yield { event: "routes", data: JSON.stringify({ revision, relay, routes: table, removed }) };
    }
  }
}
