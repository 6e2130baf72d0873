import type { Graph } from "../graph/mod.ts";
import type { Announce, Batch, Registry } from "../registry/mod.ts";
import type { Timeline } from "../store/mod.ts";
import { announceView, graphView, relayView } from "./views.ts";
import type { ChangeEntry, ChangeEvent, GraphText } from "./watch.ts";

/** Shows what a registry holds as the API shows it, with dates instead of clock readings. */
export class Presenter {
  readonly #registry: Registry;
  readonly #timeline: Timeline;
  readonly #now: () => number;
  readonly #leaseMs: number;
  /** The graph that was written last. */
  #graph: (GraphText & { readonly graph: Graph; readonly at: number }) | undefined;
  /** The date that was written last: heartbeats ask for the same one many times within a moment. */
  #date = { wall: NaN, text: "" };

  constructor(
    registry: Registry,
    { timeline, now, leaseMs }: { timeline: Timeline; now: () => number; leaseMs: number },
  ) {
    this.#registry = registry;
    this.#leaseMs = leaseMs;
    this.#timeline = timeline;
    this.#now = now;
  }

  /** The relay of this name, if it lives; whether others reach it is for whoever has the graph to say. */
  relay(name: string, isUnreachable = false) {
    const entry = this.#registry.relays.get(name);
    if (entry === undefined) return undefined;
    const state = entry.draining ? "draining" : isUnreachable ? "unreachable" : "registered";
    return relayView(entry, { state, leaseEnd: this.#leaseEnd(name), toDate: this.#toDate });
  }

  /** Relays whose lease ended without a word and that have not come back, the newest first. */
  expired(limit: number) {
    const ends = [...this.#registry.tombstones.values()]
      .filter(({ reason }) => reason === "expired")
      .sort((a, b) => b.endedAt - a.endedAt).slice(0, limit);
    return ends.map(({ name, region = "", address = "", endedAt }) => ({
      relay: name,
      region,
      address,
      last_seen: this.#toDate(endedAt - this.#leaseMs),
      expired_at: this.#toDate(endedAt),
    }));
  }

  /**
   * A graph as text. Watchers that begin at the same moment share it, and share a large one for a
   * while: what follows tells them the rest, and those that read slowly hold no more than a few.
   */
  graph(graph: Graph, revision: number): GraphText {
    const at = this.#now();
    const last = this.#graph;
    if (last !== undefined) {
      const isRecent = last.text.length > SHARED_GRAPH_LENGTH && at - last.at < SHARED_GRAPH_MS;
      if (isRecent || last.graph === graph && last.revision === revision) return last;
    }
    this.#graph = { graph, at, revision, text: JSON.stringify(graphView(graph, revision)) };
    return this.#graph;
  }

  /** One announce. */
  announce(one: Announce) {
    return announceView(one, { leaseEnd: this.#leaseEnd(one.relay), toDate: this.#toDate });
  }

  /** When the relay's lease ends. */
  leaseDate(name: string): string {
    return this.#toDate(this.#leaseEnd(name));
  }

  /** What a batch says to watchers. */
  entry({ revision, changes }: Batch): ChangeEntry {
    const events: ChangeEvent[] = [];
    const say = (scopes: ChangeEvent["scopes"], event: string, data: object) =>
      events.push({ scopes, event, data: JSON.stringify({ revision, ...data }) });
    for (const change of changes) {
      switch (change.kind) {
        case "relay":
        case "drain": {
          const view = this.relay(change.kind === "relay" ? change.record.name : change.relay);
          if (view !== undefined) say(GRAPH, "relay", view);
          break;
        }
        case "gone": {
          const { name, reason } = change.tombstone;
          say(EVERY, "gone", { relay: name, reason });
          break;
        }
        case "announce":
          if (change.isKnown) break;
          say(ANNOUNCES, "announce", this.announce(change.announce));
          break;
        case "withdraw":
          say(ANNOUNCES, "withdraw", { relay: change.relay, track: change.track });
          break;
        case "flows":
          say(FLOWS, "flows", { relay: change.relay, flows: change.flows });
          break;
      }
    }
    // A step without a change: a cost that had been held back counts from now on.
    if (changes.length === 0) say(GRAPH, "costs", {});
    const bytes = events.reduce((sum, { data }) => sum + data.length + EVENT_OVERHEAD, 0);
    return { revision, bytes, events };
  }

  #leaseEnd(name: string): number {
    return this.#registry.leaseEnd(name) ?? this.#now();
  }

  readonly #toDate = (time: number): string => {
    const wall = Math.trunc(this.#timeline.toWall(time));
    if (wall !== this.#date.wall) this.#date = { wall, text: new Date(wall).toISOString() };
    return this.#date.text;
  };
}

const GRAPH: ChangeEvent["scopes"] = ["graph"];
const ANNOUNCES: ChangeEvent["scopes"] = ["announces"];
const FLOWS: ChangeEvent["scopes"] = ["flows"];
const EVERY: ChangeEvent["scopes"] = ["graph", "announces", "flows"];

/** From so many characters on, a graph as text is shared by watchers that begin within so long. */
const SHARED_GRAPH_LENGTH = 64 * 1024;
const SHARED_GRAPH_MS = 1000;

/** What an event costs beside its text, in bytes. */
const EVENT_OVERHEAD = 64;
