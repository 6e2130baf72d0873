import { type Clock, done, refused } from "@qumo/shared/runtime";
import { type Interest, refusal } from "@qumo/shared/topology";
import { distances, type Graph, stepsToCost } from "../graph/mod.ts";
import type { DirectoryCursor, Registry } from "../registry/mod.ts";
import { writeCursor } from "./cursor.ts";
import { interestPages } from "./interest_pages.ts";
import type { Journal } from "./journal.ts";
import { SNAPSHOT_PAGE } from "./limits.ts";
import type { Presenter } from "./presenter.ts";
import type { DirectoryUseCases } from "./use_cases.ts";

/** The dependencies of {@linkcode DirectoryService}. */
export interface DirectoryParts {
  readonly clock: Pick<Clock, "wall">;
  readonly registry: Registry;
  readonly journal: Journal;
  readonly presenter: Presenter;
  readonly revision: () => number;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
}

/** Use cases about the directory: announce, withdraw, list, look up. */
export class DirectoryService implements DirectoryUseCases {
  readonly #parts: DirectoryParts;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  async announce(relay: string, track: string) {
    const outcome = await this.#parts.journal.submit({
      kind: "announce",
      relay,
      track,
      wall: this.#parts.clock.wall(),
    });
    return outcome.ok ? this.#announceStatus(relay, track, "registered") : outcome;
  }

  async withdraw(relay: string, track: string) {
    const outcome = await this.#parts.journal.submit({ kind: "withdraw", relay, track });
    return outcome.ok ? this.#announceStatus(relay, track, "deregistered") : outcome;
  }

  announces(
    query: { prefix: string; limit: number; after?: DirectoryCursor },
  ) {
    this.#parts.journal.expire();
    const { prefix, limit, after } = query;
    const page = this.#parts.registry.directory.page(prefix, limit, after);
    const last = page.length === limit ? page.at(-1) : undefined;
    return Promise.resolve(done({
      revision: this.#parts.revision(),
      count: page.length,
      entries: page.map((one) => this.#parts.presenter.announce(one)),
      ...(last && { next: writeCursor(last) }),
    }));
  }

  /** A page of the whole directory, and what the next one comes after; undefined after the last. */
  page(after: DirectoryCursor | undefined) {
    const { registry, presenter } = this.#parts;
    const page = registry.directory.page("", SNAPSHOT_PAGE, after);
    const last = page.at(-1);
    return last && { entries: page.map((one) => presenter.announce(one)), last };
  }

  /** The announces that some interests are about, page by page. */
  pagesFor(interests: readonly Interest[]) {
    const { registry: { directory }, presenter } = this.#parts;
    return interestPages(directory, interests)
      .map((page) => page.map((one) => presenter.announce(one)));
  }

  async lookup(query: { track: string; from?: string | undefined; covering: boolean }) {
    this.#parts.journal.expire();
    const { track, from, covering } = query;
    const { directory } = this.#parts.registry;
    const found = (covering ? directory.covering(track) : directory.of(track))
      .map((one) => this.#parts.presenter.announce(one));
    const answer = { revision: this.#parts.revision(), track, broadcast_path: `/${track}` };
    if (from === undefined) return done({ ...answer, relays: found });
    const graph = await this.#parts.freshGraph();
    if (graph.number(from) === undefined) {
      return refused(refusal("node_not_found", "node not found"));
    }
    const costs = distances(graph, from);
    const steps = (relay: string) => costs.get(graph.number(relay) ?? -1) ?? Infinity;
    found.sort((a, b) => steps(a.relay) - steps(b.relay) || (a.relay < b.relay ? -1 : 1));
    const relays = found.map((one) => {
      const cost = steps(one.relay);
      return cost === Infinity ? one : { ...one, cost: stepsToCost(cost) };
    });
    return done({ ...answer, relays });
  }

  #announceStatus<S extends "registered" | "deregistered">(
    relay: string,
    track: string,
    status: S,
  ) {
    const revision = this.#parts.revision();
    return done({ relay, track, broadcast_path: `/${track}`, status, revision });
  }
}
