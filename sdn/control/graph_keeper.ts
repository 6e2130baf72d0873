import type { Clock, Timer } from "@qumo/shared/runtime";
import {
  type CostPolicy,
  Graph,
  type GraphEnd,
  type GraphRelay,
  isSameInGraph,
} from "../graph/mod.ts";
import type { Batch, Change, RelayEntry } from "../registry/mod.ts";

/** The registry as the graph is computed from it. */
export interface GraphSource {
  readonly revision: number;
  readonly relays: ReadonlyMap<string, Pick<RelayEntry, "record" | "draining">>;
  readonly knownEnds: ReadonlyMap<string, GraphEnd>;
}

/** The dependencies of {@linkcode GraphKeeper}. */
export interface GraphKeeperOptions {
  readonly clock: Clock;
  readonly policy: CostPolicy;
  readonly oneWayLinks: boolean;
  /** The minimum time between two computations, in milliseconds. */
  readonly holdMs: number;
  /** The registry whose relays and links make the graph. */
  readonly registry: GraphSource;
  /** Called when a damped cost takes effect: a change that no relay reported. */
  readonly onSettled: () => void;
  /** Called with each new graph and the milliseconds that its computation took. */
  readonly onGraph: (graph: Graph, milliseconds: number) => void;
}

/**
 * Keeps the graph up to date with the registry. The first change is computed at once; a burst of
 * changes costs one computation per hold time.
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

  /** The newest graph, which may lag behind the registry by up to the hold time. */
  get current(): Graph {
    return this.#graph;
  }

  /**
   * Resolves with a graph that includes every change of the registry; waits for the hold time if
   * needed.
   */
  fresh(): Promise<Graph> {
    if (this.#isStale) this.#touch();
    if (!this.#isStale) return Promise.resolve(this.#graph);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Takes a step of the registry. A change that costs depend on makes a new graph; measurements that
   * no cost depends on are in the next one that somebody asks for.
   */
  take({ changes }: Batch): void {
    if (changes.length === 0 || changes.some((change) => this.#isNews(change))) this.#touch();
  }

  #isNews(change: Change): boolean {
    if (!GRAPH_KINDS.has(change.kind)) return false;
    if (change.kind !== "relay") return true;
    this.#isStale = true;
    const { registry, policy } = this.#options;
    const { name } = change.record;
    const [before, now] = [this.#graph.relay(name), registry.relays.get(name)];
    return before === undefined || now === undefined ||
      !isSameInGraph(policy, before, graphRelay(now));
  }

  /** Stops recomputing; pending callers get the newest graph. */
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
  for (const relay of relays.values()) yield graphRelay(relay);
}

function graphRelay({ record, draining }: Pick<RelayEntry, "record" | "draining">): GraphRelay {
  return { ...record, draining };
}

/** The kinds of change that affect the graph. */
const GRAPH_KINDS: ReadonlySet<Change["kind"]> = new Set(["relay", "gone", "drain"]);
