import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Flow } from "@qumo/shared/topology";
import type { Graph, NodeState } from "../graph/mod.ts";
import type { RelayEntry, Step } from "../registry/mod.ts";
import {
  HISTORY_STEP_MS,
  MAX_LINK_HISTORIES,
  MAX_RELAY_HISTORIES,
  MAX_TRACK_HISTORIES,
  SLICE_MS,
} from "./limits.ts";
import { Reroutes } from "./reroutes.ts";
import { type Points, SeriesSet } from "./series_set.ts";

/** What is sampled of everything together, of a relay, of a link in one direction, of a track. */
const HISTORY_FIELDS = {
  mesh: [
    "registered",
    "unreachable",
    "expired",
    "links_down",
    "sessions",
    "subscriptions",
    "egress_bps",
    "reroutes",
  ],
  relay: ["sessions", "subscriptions", "egress_bps", "cpu", "announces", "reroutes"],
  link: ["rtt_ms", "loss", "up", "tracks"],
  track: ["relays", "reroutes"],
} as const;

/** The kinds of things that have a history. */
export type HistoryKind = keyof typeof HISTORY_FIELDS;

/** What a history is of. */
export type HistorySubject =
  | { readonly kind: "mesh" }
  | { readonly kind: "relay"; readonly relay: string }
  | { readonly kind: "link"; readonly from: string; readonly to: string }
  | { readonly kind: "track"; readonly track: string };

/** What histories are made of. */
export interface HistorySources {
  readonly clock: Clock;
  readonly relays: ReadonlyMap<string, RelayEntry>;
  readonly flows: () => ReadonlyMap<string, readonly Flow[]>;
  readonly graph: () => Graph;
  /** The number of relays in each state. */
  readonly states: () => Readonly<Record<NodeState, number>>;
}

/** The last hour of one thing. */
export interface HistoryPage {
  /** When the newest sample was taken, in milliseconds since 1970. */
  readonly until: number;
  readonly points: Points<string>;
}

/**
 * The last hour of what relays report, sampled at the same times for all. In memory alone: a restart
 * begins anew.
 */
export class History {
  readonly #sources: HistorySources;
  readonly #sets = {
    mesh: new SeriesSet<string>(HISTORY_FIELDS.mesh, 1),
    relay: new SeriesSet<string>(HISTORY_FIELDS.relay, MAX_RELAY_HISTORIES),
    link: new SeriesSet<string>(HISTORY_FIELDS.link, MAX_LINK_HISTORIES),
    track: new SeriesSet<string>(HISTORY_FIELDS.track, MAX_TRACK_HISTORIES),
  };
  readonly #reroutes = new Reroutes();
  #until: number;
  #timer: Timer | undefined;

  /** Takes a sample at each step of the clock until it is closed. */
  constructor(sources: HistorySources) {
    this.#sources = sources;
    this.#until = sources.clock.wall();
    this.#sets.mesh.record("", {});
    this.#wait();
  }

  /** Notes the reroutes of a published step. */
  step({ changes }: Step): void {
    for (const change of changes) {
      if (change.kind === "flows") this.#reroutes.take(change.relay, change.flows);
    }
  }

  /** The history of one thing; undefined where there is none. */
  read(subject: HistorySubject): HistoryPage | undefined {
    const points = this.#sets[subject.kind].read(keyOf(subject));
    return points && { until: this.#until, points };
  }

  /** How many things of a kind the newest sample had no room for. */
  leftOut(kind: HistoryKind): number {
    return this.#sets[kind].leftOut;
  }

  /** Takes no more samples. */
  close(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer = this.#sources.clock.after(HISTORY_STEP_MS, () => {
      this.#run(this.#sample());
    });
  }

  /** Takes a sample in slices, so that heartbeats do not wait for the whole of it. */
  #run(sample: Iterator<void>): void {
    const { clock } = this.#sources;
    const end = clock.now() + SLICE_MS;
    while (!sample.next().done) {
      if (clock.now() < end) continue;
      this.#timer = clock.after(0, () => this.#run(sample));
      return;
    }
    this.#wait();
  }

  *#sample(): Generator<void> {
    this.#until = this.#sources.clock.wall();
    for (const set of Object.values(this.#sets)) set.advance();
    const carried = yield* this.#sampleTracks();
    this.#sampleMesh();
    yield;
    const graph = this.#sources.graph();
    for (const [name, entry] of this.#sources.relays) {
      const isHeard = graph.nodes[graph.number(name) ?? -1]?.state !== "unreachable";
      this.#sampleRelay(name, entry, isHeard);
      for (const to of entry.record.links.keys()) {
        const { rttMs, loss } = (isHeard && entry.measured.links.get(to)) || {};
        this.#sets.link.record(linkKey(name, to), {
          rtt_ms: rttMs,
          loss,
          up: graph.linkState(name, to) === "up" ? 1 : 0,
          tracks: carried.get(name)?.get(to) ?? 0,
        });
      }
      yield;
    }
    this.#reroutes.reset(this.#sources.flows());
  }

  /** What an unreachable relay said last is no longer true. */
  #sampleRelay(name: string, { measured, announces }: RelayEntry, isHeard: boolean): void {
    const load = isHeard ? measured.load : undefined;
    this.#sets.relay.record(name, {
      ...load,
      announces: isHeard ? announces.size : undefined,
      reroutes: this.#reroutes.ofRelay(name),
    });
  }

  /** Counts the relays of each track; returns the number of tracks on each link, by its ends. */
  *#sampleTracks(): Generator<void, Map<string, Map<string, number>>> {
    const relays = new Map<string, number>();
    const carried = new Map<string, Map<string, number>>();
    for (const [relay, flows] of this.#sources.flows()) {
      for (const { track, next_hop: hop } of flows) {
        relays.set(track, (relays.get(track) ?? 0) + 1);
        const own = carried.get(hop) ?? new Map<string, number>();
        carried.set(hop, own.set(relay, (own.get(relay) ?? 0) + 1));
      }
      yield;
    }
    for (const [track, count] of relays) {
      this.#sets.track.record(track, { relays: count, reroutes: this.#reroutes.ofTrack(track) });
      yield;
    }
    return carried;
  }

  #sampleMesh(): void {
    const graph = this.#sources.graph();
    const { registered, draining, unreachable, expired } = this.#sources.states();
    const sums = { sessions: 0, subscriptions: 0, egress_bps: 0, links_down: 0 };
    for (const { name, state } of graph.nodes) {
      if (state !== "registered" && state !== "draining") continue;
      const { load } = this.#sources.relays.get(name)?.measured ?? {};
      sums.sessions += load?.sessions ?? 0;
      sums.subscriptions += load?.subscriptions ?? 0;
      sums.egress_bps += load?.egress_bps ?? 0;
    }
    for (const { name } of graph.nodes) {
      for (const to of graph.declared(name).keys()) {
        // A link that both ends declare counts at one of them.
        const counts = name < to || !graph.declared(to).has(name);
        if (counts && graph.linkState(name, to) === "down") sums.links_down++;
      }
    }
    const relays = { registered: registered + draining, unreachable, expired };
    this.#sets.mesh.record("", { ...relays, ...sums, reroutes: this.#reroutes.sum });
  }
}

function keyOf(subject: HistorySubject): string {
  switch (subject.kind) {
    case "mesh":
      return "";
    case "relay":
      return subject.relay;
    case "link":
      return linkKey(subject.from, subject.to);
    case "track":
      return subject.track;
  }
}

function linkKey(from: string, to: string): string {
  return `${from.length} ${from}${to}`;
}
