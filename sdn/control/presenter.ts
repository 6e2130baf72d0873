import type { Graph } from "../graph/mod.ts";
import type { Announce, Registry } from "../registry/mod.ts";
import type { ToDate } from "./dates.ts";
import { announceView, graphView, relayView } from "./views.ts";
import type { GraphText } from "./watch.ts";

/** The dependencies of {@linkcode Presenter}. */
export interface PresenterOptions {
  readonly registry: Registry;
  readonly toDate: ToDate;
  readonly now: () => number;
  readonly leaseMs: number;
}

/** The registry's state as the API returns it, with dates instead of clock readings. */
export class Presenter {
  readonly #options: PresenterOptions;
  /** The graph that was serialized last. */
  #graph: (GraphText & { readonly graph: Graph; readonly at: number }) | undefined;

  constructor(options: PresenterOptions) {
    this.#options = options;
  }

  /**
   * The relay of this name, if it is registered; the caller reads `isUnreachable` from the graph.
   */
  relay(name: string, isUnreachable: boolean) {
    const { registry, toDate } = this.#options;
    const relay = registry.snapshot(name);
    if (relay === undefined) return undefined;
    const state = relay.draining ? "draining" : isUnreachable ? "unreachable" : "registered";
    return relayView(relay, { state, toDate });
  }

  /** Relays that expired and have not registered again, the newest first. */
  expired(limit: number) {
    const { registry, toDate, leaseMs } = this.#options;
    const ends = [...registry.tombstones.values()]
      .filter(({ reason }) => reason === "expired")
      .sort((a, b) => b.endedAt - a.endedAt).slice(0, limit);
    return ends.map(({ name, region = "", address = "", endedAt }) => ({
      relay: name,
      region,
      address,
      last_seen: toDate(endedAt - leaseMs),
      expired_at: toDate(endedAt),
    }));
  }

  /**
   * The graph as JSON. Watchers that start at the same moment share one text, and share a large one
   * for a while: later changes follow as events, and slow readers then hold few copies.
   */
  graph(graph: Graph, revision: number): GraphText {
    const at = this.#options.now();
    const last = this.#graph;
    if (last !== undefined) {
      const isRecent = last.text.length > SHARED_GRAPH_LENGTH && at - last.at < SHARED_GRAPH_MS;
      if (isRecent || last.graph === graph && last.revision === revision) return last;
    }
    this.#graph = { graph, at, revision, text: JSON.stringify(graphView(graph, revision)) };
    return this.#graph;
  }

  /** An announce of a registered relay. */
  announce(one: Announce) {
    const { registry, toDate, now } = this.#options;
    return announceView(one, { leaseEnd: registry.leaseEnd(one.relay) ?? now(), toDate });
  }
}

/**
 * A graph of at least this many characters is shared by watchers that start within the time below.
 */
const SHARED_GRAPH_LENGTH = 64 * 1024;
const SHARED_GRAPH_MS = 1000;
