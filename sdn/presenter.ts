import type { Announce, Batch, Registry } from "./registry/mod.ts";
import type { Timeline } from "./store/mod.ts";
import { announceView, relayView } from "./views.ts";
import type { EventText, FeedEntry } from "./watch.ts";

/** Shows what a registry holds as the API shows it, with dates instead of clock readings. */
export class Presenter {
  readonly #registry: Registry;
  readonly #timeline: Timeline;
  readonly #now: () => number;
  readonly #leaseMs: number;
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

  /** One announce. */
  announce(one: Announce) {
    return announceView(one, { leaseEnd: this.#leaseEnd(one.relay), toDate: this.#toDate });
  }

  /** When the relay's lease ends. */
  leaseDate(name: string): string {
    return this.#toDate(this.#leaseEnd(name));
  }

  /** What a batch says to watchers. */
  entry({ revision, changes }: Batch): FeedEntry {
    const graph: EventText[] = [];
    const announces: EventText[] = [];
    const flows: EventText[] = [];
    const say = (to: EventText[], event: string, data: object) =>
      to.push({ event, data: JSON.stringify({ revision, ...data }) });
    for (const change of changes) {
      switch (change.kind) {
        case "relay":
        case "drain": {
          const view = this.relay(change.kind === "relay" ? change.record.name : change.relay);
          if (view !== undefined) say(graph, "relay", view);
          break;
        }
        case "gone": {
          const { name, reason } = change.tombstone;
          for (const to of [graph, announces, flows]) say(to, "gone", { relay: name, reason });
          break;
        }
        case "announce":
          say(announces, "announce", this.announce(change.announce));
          break;
        case "withdraw":
          say(announces, "withdraw", { relay: change.relay, track: change.track });
          break;
        case "flows":
          say(flows, "flows", { relay: change.relay, flows: change.flows });
          break;
      }
    }
    // A step without a change: a cost that had been held back counts from now on.
    if (changes.length === 0) say(graph, "costs", {});
    return { revision, graph, announces, flows };
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
