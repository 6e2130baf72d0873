import type { Clock, Timer } from "@qumo/shared/runtime";
import { type CostPolicy, Graph, type GraphEnd, type GraphRelay } from "../graph/mod.ts";

/** What a keeper makes graphs from, and whom it tells. */
export interface GraphKeeperOptions {
  readonly clock: Clock;
  readonly policy: CostPolicy;
  readonly oneWayLinks: boolean;
  /** The least time between two computations, in milliseconds. */
  readonly holdMs: number;
  /** The relays that live now, and the revision at which they are so. */
  readonly read: () => {
    revision: number;
    relays: Iterable<GraphRelay>;
    ends: ReadonlyMap<string, GraphEnd>;
  };
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

  /** To be called when the registry changed. */
  touch(): void {
    this.#isStale = true;
    if (this.#pending !== undefined) return;
    const { clock, holdMs } = this.#options;
    const wait = this.#computedAt + holdMs - clock.now();
    if (wait <= 0) this.#compute();
    else this.#pending = clock.after(wait, () => this.#compute());
  }

  /** Stops following; whoever waits gets the newest graph there is. */
  close(): void {
    this.#pending?.cancel();
    this.#settling?.cancel();
    this.#release();
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
    const { revision, relays, ends } = this.#options.read();
    const { policy, oneWayLinks, clock } = this.#options;
    const damping = this.#graph?.damping;
    const now = clock.now();
    return new Graph(relays, {
      revision,
      policy,
      oneWayLinks,
      ends,
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
