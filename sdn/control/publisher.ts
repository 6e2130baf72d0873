import { type Announce, relayOf, type RelaySnapshot, type Step } from "../registry/mod.ts";
import type { ChangeEntry, ChangeEvent, ChangeLog } from "./change_log.ts";
import type { ToDate } from "./dates.ts";
import { announceView, relayView } from "./views.ts";

/** Whom a publisher tells. */
export interface PublisherOptions {
  readonly changeLog: ChangeLog;
  /** Tells operators what it means. */
  readonly chronicle: { step(step: Step): void };
  readonly toDate: ToDate;
}

/** Tells of steps that are in force: watchers, operators, and other controllers. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #followers: ((relays: readonly string[]) => void)[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Lets `push` be told of the relays that a step is about. */
  follow(push: (relays: readonly string[]) => void): void {
    this.#followers.push(push);
  }

  /** Tells of the step that follows the one before. */
  publish(step: Step): void {
    const { changeLog, chronicle, toDate } = this.#options;
    changeLog.push(entryOf(step, toDate));
    chronicle.step(step);
    // Flows are told to nobody: each relay tells its own to the controller that it beats at.
    const relays = step.changes.filter(({ kind }) => kind !== "flows").map(relayOf);
    for (const push of this.#followers) push(relays);
  }

  /** Passes over a step that came to nothing. */
  pass({ revision }: Step): void {
    this.#options.changeLog.push({ revision, bytes: 0, events: [] });
  }
}

/** What a step says to watchers. It knows nothing but the step, so that what came later is not in it. */
function entryOf({ revision, changes, relays }: Step, toDate: ToDate): ChangeEntry {
  const events: ChangeEvent[] = [];
  const say = (scopes: ChangeEvent["scopes"], event: string, data: object) =>
    events.push({ scopes, event, data: JSON.stringify({ revision, ...data }) });
  for (const change of changes) {
    const relay = relays.get(relayOf(change));
    switch (change.kind) {
      case "relay":
      case "drain":
        if (relay !== undefined) say(GRAPH, "relay", ownView(relay, toDate));
        break;
      case "gone": {
        const { name, reason } = change.tombstone;
        say(EVERY, "gone", { relay: name, reason });
        break;
      }
      case "announce":
        if (change.isKnown || relay === undefined) break;
        say(ANNOUNCES, "announce", leased(change.announce, relay, toDate));
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

/** Whether others reach it is for the graph to say. */
function ownView(relay: RelaySnapshot, toDate: ToDate) {
  return relayView(relay, { state: relay.draining ? "draining" : "registered", toDate });
}

function leased(announce: Announce, { leaseEnd }: RelaySnapshot, toDate: ToDate) {
  return announceView(announce, { leaseEnd, toDate });
}

const GRAPH: ChangeEvent["scopes"] = ["graph"];
const ANNOUNCES: ChangeEvent["scopes"] = ["announces"];
const FLOWS: ChangeEvent["scopes"] = ["flows"];
const EVERY: ChangeEvent["scopes"] = ["graph", "announces", "flows"];

/** What an event costs beside its text, in bytes. */
const EVENT_OVERHEAD = 64;
