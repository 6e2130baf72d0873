import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Graph } from "../graph/mod.ts";
import type { DirectoryCursor } from "../registry/mod.ts";
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
  /** A page of the directory after an announce; undefined after the last. */
  readonly announces: (
    after: DirectoryCursor | undefined,
  ) => { readonly entries: readonly unknown[]; readonly last: DirectoryCursor } | undefined;
}

/** A page of the announces as watchers are told it. */
export interface AnnouncePage {
  readonly events: readonly WatchEvent[];
  /** Its last announce, after which the next one begins. */
  readonly last: DirectoryCursor;
}

/**
 * What watchers are given at first, made once for all who begin within a moment: the changes after its
 * revision follow as events.
 */
export class Snapshot {
  /** Every change up to this revision is in it; later ones may be. */
  readonly revision: number;
  readonly graph: readonly WatchEvent[];
  readonly #announces: SnapshotSources["announces"];
  #pages: AnnouncePage[] | undefined = [];
  #length: number;

  constructor(revision: number, graph: string, announces: SnapshotSources["announces"]) {
    this.revision = revision;
    this.graph = [{ event: "graph", data: graph }];
    this.#announces = announces;
    this.#length = graph.length;
  }

  /** Whether it is so long that those who come later share it, too. */
  get isLarge(): boolean {
    return this.#length > SHARED_SNAPSHOT_LENGTH;
  }

  /**
   * A page of the announces by its number, made when the first watcher comes to it; undefined after
   * the last. Who is there when pages are kept no more is given those after `after`, made for it
   * alone.
   */
  page(number: number, after: DirectoryCursor | undefined): AnnouncePage | undefined {
    const known = this.#pages?.[number];
    if (known !== undefined) return known;
    const next = this.#announces(after);
    if (next === undefined) return undefined;
    const data = JSON.stringify({ entries: next.entries });
    this.#length += data.length;
    const page = { events: [{ event: "announces", data }], last: next.last };
    this.#pages?.push(page);
    return page;
  }

  /** Lets go of its pages: watchers that read slowly must not hold many snapshots. */
  release(): void {
    this.#pages = undefined;
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
    const { clock, revision, freshGraph, graphText, announces } = this.#sources;
    const seen = revision();
    const graph = await freshGraph();
    const { snapshot: last, graph: before } = this.#last ?? {};
    const isSame = before === graph && last?.revision === seen;
    if (last !== undefined && (isSame || last.isLarge)) return last;
    this.close();
    const snapshot = new Snapshot(seen, graphText(graph, seen), announces);
    this.#last = { snapshot, graph };
    this.#end = clock.after(SHARED_SNAPSHOT_MS, () => this.close());
    return snapshot;
  }

  /** Lets go of what is shared. */
  close(): void {
    this.#end?.cancel();
    this.#last?.snapshot.release();
    this.#last = undefined;
  }
}
