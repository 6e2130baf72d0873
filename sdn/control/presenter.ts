import type { Graph } from "../graph/mod.ts";
import type { Announce, Registry } from "../registry/mod.ts";
import type { ToDate } from "./dates.ts";
import { announceView, graphView, relayView } from "./views.ts";

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
    return ends.map(({ name, region = "", address = "", endedAt, last }) => ({
      relay: name,
      region,
      address,
      last_seen: toDate(endedAt - leaseMs),
      expired_at: toDate(endedAt),
      ...(last?.load && { load: last.load }),
      ...(last && { only_had: [...last.onlyHad], only_had_count: last.onlyHadCount }),
    }));
  }

  /** The graph as JSON. */
  graph(graph: Graph, revision: number): string {
    return JSON.stringify(graphView(graph, revision));
  }

  /** An announce of a registered relay. */
  announce(one: Announce) {
    const { registry, toDate, now } = this.#options;
    return announceView(one, { leaseEnd: registry.leaseEnd(one.relay) ?? now(), toDate });
  }
}
