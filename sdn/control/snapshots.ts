import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Graph } from "../graph/mod.ts";
import { SHARED_SNAPSHOT_LENGTH, SHARED_SNAPSHOT_MS } from "./limits.ts";
import type { WatchEvent } from "./use_cases.ts";

/** What snapshots are made of. */
export interface SnapshotSources {
  readonly clock: Clock;
  /** The revision of the newest change. */
  readonly revision: () => number;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  /** The graph as it is told, under a revision. */
  readonly graphText: (graph: Graph, revision: number) => string;
  /** The whole directory, page by page. */
  readonly announcePages: () => Iterable<readonly unknown[]>;
}

/**
 * What watchers are given at first, made once for all who begin within a moment: the changes after its
 * revision follow as events.
 */
export class Snapshot {
  /** Every change up to this revision is in it; later ones may be. */
  readonly revision: number;
  readonly graph: readonly WatchEvent[];
  readonly #announces: Iterator<readonly unknown[]>;
  readonly #pages: (readonly WatchEvent[])[] = [];
  /** Characters that were made of it so far. */
  length: number;

  constructor(revision: number, graph: string, announces: Iterable<readonly unknown[]>) {
    this.revision = revision;
    this.graph = [{ event: "graph", data: graph }];
    this.#announces = announces[Symbol.iterator]();
    this.length = graph.length;
  }

  /** A page of the announces, made when the first watcher comes to it; undefined after the last. */
  page(number: number): readonly WatchEvent[] | undefined {
    if (number < this.#pages.length) return this.#pages[number];
    const next = this.#announces.next();
    if (next.done) return undefined;
    const data = JSON.stringify({ entries: next.value });
    this.length += data.length;
    const page = [{ event: "announces", data }];
    this.#pages.push(page);
    return page;
  }
}

/** Makes snapshots and shares them. */
export class Snapshots {
  readonly #sources: SnapshotSources;
  /** The newest one, for as long as it is shared. */
  #last: { readonly snapshot: Snapshot; readonly graph: Graph } | undefined;
  #end: Timer | undefined;

  constructor(sources: SnapshotSources) {
    this.#sources = sources;
  }

  /** A snapshot of now, or a large one of a moment ago. */
  async take(): Promise<Snapshot> {
    const { clock, revision, freshGraph, graphText, announcePages } = this.#sources;
    const seen = revision();
    const graph = await freshGraph();
    const { snapshot: last, graph: before } = this.#last ?? {};
    const isSame = before === graph && last?.revision === seen;
    if (last !== undefined && (isSame || last.length > SHARED_SNAPSHOT_LENGTH)) return last;
    const snapshot = new Snapshot(seen, graphText(graph, seen), announcePages());
    this.#last = { snapshot, graph };
    this.#end?.cancel();
    this.#end = clock.after(SHARED_SNAPSHOT_MS, () => this.#last = undefined);
    return snapshot;
  }

  /** Lets go of what is shared. */
  close(): void {
    this.#end?.cancel();
    this.#last = undefined;
  }
}
