import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { type Graph, nextHops } from "../graph/mod.ts";
import type { ChangeLog, EventText } from "./change_log.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";
import { nextHopsView } from "./views.ts";

/** The serialized graph for watchers. */
export interface GraphText {
  readonly revision: number;
  readonly text: string;
}

/** The sources that watchers read. */
export interface WatchSources {
  readonly changeLog: ChangeLog;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  /** The graph as JSON, of at least `revision` or serialized a moment ago. */
  readonly graphText: (graph: Graph, revision: number) => GraphText;
  /** The whole directory, page by page. */
  readonly announcePages: () => Iterable<readonly unknown[]>;
  /** Called when a watcher has fallen behind the change log. */
  readonly onBehind: () => void;
  /** The tracks that each relay receives from its neighbors. */
  readonly flows: () => ReadonlyMap<string, readonly unknown[]>;
}

/** What a watcher subscribes to, and the revision to resume from. */
export interface WatchQuery {
  readonly since?: number | undefined;
  readonly scope: WatchScope;
  readonly signal: AbortSignal;
}

/**
 * Yields the changes after `since`, or a snapshot and the changes after it. Watchers read the
 * shared change log at their own pace; one whose position was evicted gets a final event and ends.
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
      // While the watcher is slow, it holds one event and no more.
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
    // Iterates over a copy: a change during the snapshot reaches the watcher as a change event.
    for (const [relay, flows] of [...sources.flows()]) {
      yield { event: "flows", data: JSON.stringify({ relay, flows }) };
    }
  }
}

function* numbered(id: number, events: Iterable<EventText>): Generator<WatchEvent> {
  for (const event of events) yield { id, ...event };
}

/** The next hops that a watcher was sent, to send only the lines that differ. */
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
