import {
  type Clock,
  done,
  type Outcome,
  printable,
  refused,
  withAssignedMark,
} from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { distances, explain, findRoutes, type Graph, nextHops, obstacles } from "../graph/mod.ts";
import type { Registry } from "../registry/mod.ts";
import { assign, type GeoPoint, takesTrack } from "./assign.ts";
import type { ChangeLog } from "./change_log.ts";
import { MAX_NAME_SHOWN, MAX_REASON_SHOWN, MAX_SOURCES } from "./limits.ts";
import { Turns } from "./turns.ts";
import type { AssignQuery, RouteUseCases } from "./use_cases.ts";
import { explanationView, graphView, nextHopsView, routeView } from "./views.ts";

/** The dependencies of {@linkcode RouteService}. */
export interface RouteParts {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly changeLog: ChangeLog;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  readonly regions: ReadonlyMap<string, GeoPoint>;
}

/** Route queries. */
export class RouteService implements RouteUseCases {
  readonly #parts: RouteParts;
  readonly #turns: Turns;

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.clock);
  }

  get relays(): number {
    return this.#parts.registry.relays.size;
  }

  route(query: Parameters<RouteUseCases["route"]>[0]) {
    return this.#inTurn((graph) => this.#route(graph, query));
  }

  nextHops(relay: string) {
    return this.#inTurn((graph) => this.#nextHops(graph, relay));
  }

  assign(query: AssignQuery) {
    return this.#inTurn((graph) => this.#assign(graph, query));
  }

  async #inTurn<T>(search: (graph: Graph) => Outcome<T, Refusal>): Promise<Outcome<T, Refusal>> {
    const graph = await this.#parts.freshGraph();
    return await this.#turns.run(() => search(graph)) ??
      refused(refusal("rate_limited", "Too many searches are waiting; try again"));
  }

  #route(graph: Graph, query: Parameters<RouteUseCases["route"]>[0]) {
    const { from, to, alternates, explain: isExplained, without: relay, without_host: host } =
      query;
    if (host !== undefined && !graph.nodes.some((node) => node.host === host)) {
      const why = reason(query, () => `no relay is on ${printable(host, MAX_NAME_SHOWN)}`);
      return refused(refusal("node_not_found", `host not found${why}`));
    }
    const without = graph.nodes.filter(({ name, host: of }) =>
      name === relay || host !== undefined && of === host
    ).map(({ name }) => name);
    const wanted = { from, to, alternates, without };
    const found = findRoutes(graph, wanted);
    const isUnknown = relay !== undefined && without.length === 0;
    if (found === "unknown_source" || found === "unknown_target" || isUnknown) {
      const name = found === "unknown_source" ? from : found === "unknown_target" ? to : relay;
      return refused(
        refusal(
          "node_not_found",
          "node not found" +
            reason(
              query,
              () =>
                `${
                  printable(name ?? "", MAX_NAME_SHOWN)
                } has not registered, and no relay names it as a neighbor`,
            ),
        ),
      );
    }
    const [best, ...others] = found === "no_path"
      ? []
      : found.map((route) => routeView(graph, route));
    if (best === undefined) {
      const why = reason(
        query,
        () => printable(whyNot(graph, wanted, host ?? relay), MAX_REASON_SHOWN),
      );
      return refused(refusal("no_path", `no path between nodes${why}`));
    }
    return done({
      from,
      to,
      ...best,
      revision: this.#parts.changeLog.revision,
      ...(alternates > 0 && { alternates: others }),
      ...(isExplained && { explanation: explanationView(explain(graph, wanted)) }),
    });
  }

  #nextHops(graph: Graph, relay: string) {
    const table = nextHops(graph, relay);
    if (table === undefined) return refused(refusal("node_not_found", "node not found"));
    return done({
      relay,
      revision: this.#parts.changeLog.revision,
      routes: nextHopsView(graph, table),
    });
  }

  async graph() {
    const graph = await this.#parts.freshGraph();
    return { modified: graph.revision, graph: graphView(graph, this.#parts.changeLog.revision) };
  }

  async graphBeyond(revision: number, seconds: number): Promise<void> {
    // A revision of a former run of this controller: there is nothing to wait for.
    if (revision > this.#parts.changeLog.revision) return;
    const stop = new AbortController();
    const timer = this.#parts.clock.after(seconds * 1000, () => stop.abort());
    for (
      let seen = revision;
      !stop.signal.aborted && !this.#parts.changeLog.closed;
      seen = this.#parts.changeLog.revision
    ) {
      if ((await this.#parts.freshGraph()).revision > revision) break;
      await this.#parts.changeLog.beyond(
        Math.max(seen, this.#parts.changeLog.revision),
        stop.signal,
      );
    }
    timer.cancel();
  }

  #assign(graph: Graph, query: AssignQuery) {
    const { region, track, latitude, longitude, client, instead_of: left } = query;
    const host = this.#parts.registry.relays.get(left ?? "")?.record.host;
    const sources = track === undefined ? [] : this.#parts.registry.directory.covering(track);
    const flows = this.#parts.registry.flows;
    const fromSource = sources.slice(0, MAX_SOURCES).map(({ relay }) => distances(graph, relay));
    const candidates = [...this.#parts.registry.relays.values()]
      .filter((entry) => entry.record.registered && !entry.draining && entry.record.address !== "")
      .filter(({ record }) => record.name !== left)
      .map(({ record }) => {
        const number = graph.number(record.name) ?? -1;
        const costs = fromSource.map((costs) => costs.get(number) ?? Infinity);
        const distance = Math.min(Infinity, ...costs);
        const { name, region, load } = record;
        const isReached = graph.nodes[number]?.state !== "unreachable";
        const hasTrack = distance === 0 ||
          track !== undefined && takesTrack(flows.get(name) ?? [], track);
        const isSibling = host !== undefined && record.host === host;
        const cpu = load?.cpu ?? 0;
        return { name, region, cpu, distance, hasTrack, isReached, isSibling, record };
      });
    const place = latitude === undefined || longitude === undefined
      ? undefined
      : { latitude, longitude };
    const best = assign(candidates, { region, place, key: client }, this.#parts.regions);
    if (best === undefined) return refused(refusal("no_relay_available", "No relay is available"));
    const { name, address, certificateSha256 } = best.record;
    return done({
      revision: this.#parts.changeLog.revision,
      relay: name,
      address,
      url: withAssignedMark(address),
      region: best.region,
      cpu: best.cpu,
      ...(certificateSha256 && { certificate_sha256: certificateSha256 }),
    });
  }
}

/** Why there is no route, or none without what is left out, a relay or a machine. */
function whyNot(
  graph: Graph,
  { from, to, without }: { from: string; to: string; without: readonly string[] },
  leftOut: string | undefined,
): string {
  const end = [from, to].find((name) => without.includes(name));
  if (end !== undefined) {
    return end === leftOut
      ? `${end} is an end of the route`
      : `${end}, an end of the route, is on it`;
  }
  const isCut = leftOut !== undefined && typeof findRoutes(graph, { from, to }) !== "string";
  return isCut ? `every path leads through ${leftOut}` : obstacles(graph, { from, to });
}

/**
 * The detailed reason for a refusal, only for a request with `explain`: other clients compare the
 * text.
 */
function reason({ explain }: { explain: boolean }, say: () => string): string {
  return explain ? `: ${say()}` : "";
}
