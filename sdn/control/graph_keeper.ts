import type { Clock, Timer } from "@qumo/shared/runtime";
import { type CostPolicy, Graph, type GraphEnd, type GraphRelay } from "../graph/mod.ts";
import type { Batch, Change, RelayEntry } from "../registry/mod.ts";

/** What a graph is made from: a registry, as it is now. */
export interface GraphSource {
  readonly revision: number;
  readonly relays: ReadonlyMap<string, Pick<RelayEntry, "record" | "draining">>;
  readonly knownEnds: ReadonlyMap<string, GraphEnd>;
}

/** What a keeper makes graphs from, and whom it tells. */
export interface GraphKeeperOptions {
  readonly clock: Clock;
  readonly policy: CostPolicy;
  readonly oneWayLinks: boolean;
  /** The least time between two computations, in milliseconds. */
  readonly holdMs: number;
  /** Whose relays it is. */
  readonly registry: GraphSource;
  /** A cost that had been held back counts from now on: a change that no relay reported. */
  readonly onSettled: () => void;
  /** A new graph was made, in so many milliseconds. */
  readonly onGraph: (graph: Graph, milliseconds: number) => void;
}

/**
 * Keeps the graph up with the registry. The first change is computed at once; a storm of changes
 * costs one computation for each hold time.
 */
export class GraphKeeper {
  readonly #options: GraphKeeperOptions;
  #graph: Graph;
  #computedAt: number;
  #isStale = false;
  #pending: Timer | undefined;
  #settling: Timer | undefined;
  #waiting: ((graph: Graph) => void)[] = [];

  constructor(options: GraphKeeperOptions) {
    this.#options = options;
    this.#computedAt = options.clock.now() - options.holdMs;
    this.#graph = this.#make();
    this.#watchSettling();
  }

  /** The newest graph, which may be older than the registry by the hold time. */
  get current(): Graph {
    return this.#graph;
  }

  /** The graph with everything that the registry knows now; waits for the hold time if it must. */
  fresh(): Promise<Graph> {
    if (!this.#isStale) return Promise.resolve(this.#graph);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes note of a step that the registry made: not every one has to do with the graph. */
  take({ changes }: Batch): void {
    if (changes.length === 0 || changes.some(({ kind }) => GRAPH_KINDS.has(kind))) this.#touch();
  }

  /** Stops following; whoever waits gets the newest graph there is. */
  close(): void {
    this.#pending?.cancel();
    this.#settling?.cancel();
    this.#release();
  }

  #touch(): void {
    this.#isStale = true;
    if (this.#pending !== undefined) return;
    const { clock, holdMs } = this.#options;
    const wait = this.#computedAt + holdMs - clock.now();
    if (wait <= 0) this.#compute();
    else this.#pending = clock.after(wait, () => this.#compute());
  }

  #compute(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
    this.#computedAt = this.#options.clock.now();
    this.#isStale = false;
    this.#graph = this.#make();
    this.#watchSettling();
    this.#options.onGraph(this.#graph, this.#options.clock.now() - this.#computedAt);
    this.#release();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(this.#graph);
  }

  #make(): Graph {
    const { registry, policy, oneWayLinks, clock } = this.#options;
    const damping = this.#graph?.damping;
    const now = clock.now();
    return new Graph(graphRelays(registry.relays), {
      revision: registry.revision,
      policy,
      oneWayLinks,
      ends: registry.knownEnds,
      now,
      ...(damping !== undefined && { damping }),
    });
  }

  #watchSettling(): void {
    this.#settling?.cancel();
    this.#settling = undefined;
    if (this.#graph.settlesAt === Infinity) return;
    const wait = this.#graph.settlesAt - this.#options.clock.now();
    this.#settling = this.#options.clock.after(wait, this.#options.onSettled);
  }
}

function* graphRelays(relays: GraphSource["relays"]): Generator<GraphRelay> {
  for (const { record, draining } of relays.values()) yield { ...record, draining };
}

/** Changes of which a graph is made. */
const GRAPH_KINDS: ReadonlySet<Change["kind"]> = new Set(["relay", "gone", "drain"]);
