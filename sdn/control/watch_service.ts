import type { Clock } from "@qumo/shared/runtime";
import type { Graph } from "../graph/mod.ts";
import type { Registry } from "../registry/mod.ts";
import type { AccessFeed } from "./access_feed.ts";
import { Admission } from "./admission.ts";
import type { ChangeLog } from "./change_log.ts";
import type { DirectoryService } from "./directory_service.ts";
import type { InterestIndex } from "./interest_index.ts";
import type { Presenter } from "./presenter.ts";
import { RouteTables } from "./route_tables.ts";
import { Snapshots } from "./snapshots.ts";
import type { WatchQuery, WatchUseCases } from "./use_cases.ts";
import type { Wakeups } from "./wakeups.ts";
import { watch, type WatchSources } from "./watch.ts";

/** The dependencies of {@linkcode WatchService}. */
export interface WatchServiceOptions {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly changeLog: ChangeLog;
  /** Wakes those who follow the change log. */
  readonly wakeups: Wakeups;
  /** Those who follow some announces. */
  readonly interested: InterestIndex;
  readonly access: AccessFeed;
  readonly presenter: Presenter;
  readonly directory: DirectoryService;
  readonly graph: Graph;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  /** Called when a watcher has fallen behind the change log. */
  readonly onBehind: () => void;
}

/** Use cases about watching, over what all watchers share: snapshots, routing tables, their turns. */
export class WatchService implements WatchUseCases {
  readonly #sources: WatchSources;

  constructor(options: WatchServiceOptions) {
    const { clock, registry, presenter, directory, graph, freshGraph, ...shared } = options;
    this.#sources = {
      ...shared,
      freshGraph,
      announces: () => registry.directory.size,
      flows: () => registry.flows,
      interestPages: (interests) => directory.pagesFor(interests),
      tables: new RouteTables(clock, graph),
      snapshots: new Snapshots({
        clock,
        revision: () => shared.changeLog.revision,
        freshGraph,
        graphText: (graph, revision) => presenter.graph(graph, revision),
        announces: (after) => directory.page(after),
      }),
      admission: new Admission(clock),
    };
  }

  watch(query: WatchQuery) {
    return watch(this.#sources, query);
  }

  /** Brings the routing tables up to date with a new graph. */
  graphChanged(graph: Graph): void {
    this.#sources.tables.update(graph);
  }

  close(): void {
    this.#sources.tables.close();
    this.#sources.snapshots.close();
    this.#sources.admission.close();
  }
}
