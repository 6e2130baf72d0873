import { type Announce, relayOf, type RelaySnapshot, type Step } from "../registry/mod.ts";
import type { ChangeEntry, ChangeEvent, ChangeLog } from "./change_log.ts";
import type { ToDate } from "./dates.ts";
import { ANNOUNCES_PER_EVENT } from "./limits.ts";
import { announceView, relayView } from "./views.ts";

/** The dependencies of {@linkcode StepPublisher}. */
export interface StepPublisherOptions {
  readonly changeLog: ChangeLog;
  /** Receives each step, to derive events for operators. */
  readonly chronicle: { step(step: Step): void };
  readonly toDate: ToDate;
}

/** Publishes stored steps to watchers, to the event log and to peer controllers. */
export class StepPublisher {
  readonly #options: StepPublisherOptions;
  readonly #followers: ((relays: readonly string[]) => void)[] = [];

  constructor(options: StepPublisherOptions) {
    this.#options = options;
  }

  /** Registers `push`, which is called with the relays of each step. */
  follow(push: (relays: readonly string[]) => void): void {
    this.#followers.push(push);
  }

  /** Publishes the next step in order of revision. */
  publish(step: Step): void {
    const { changeLog, chronicle, toDate } = this.#options;
    changeLog.push(entryOf(step, toDate));
    chronicle.step(step);
    // Flows are not replicated: each relay reports them to the controller that it sends heartbeats
    // to.
    const relays = step.changes.filter(({ kind }) => kind !== "flows").map(relayOf);
    for (const push of this.#followers) push(relays);
  }

  /** Skips the revision of a void step. */
  pass({ revision }: Step): void {
    this.#options.changeLog.push({ revision, bytes: 0, events: [] });
  }
}

/**
 * The watch events of a step. They depend on the step alone, so that later changes do not leak into
 * them.
 */
function entryOf({ revision, changes, relays }: Step, toDate: ToDate): ChangeEntry {
  const told = new StepEvents(revision);
  for (const change of changes) {
    const relay = relays.get(relayOf(change));
    switch (change.kind) {
      case "relay":
      case "drain":
        if (relay !== undefined) told.add(GRAPH, "relay", ownView(relay, toDate));
        break;
      case "gone": {
        const { name, reason } = change.tombstone;
        told.add(EVERY, "gone", { relay: name, reason });
        break;
      }
      case "announce":
        if (change.isKnown || relay === undefined) break;
        told.announce(leased(change.announce, relay, toDate));
        break;
      case "withdraw":
        told.add(ANNOUNCES, "withdraw", { relay: change.relay, track: change.track });
        break;
      case "flows":
        told.add(FLOWS, "flows", { relay: change.relay, flows: change.flows });
        break;
    }
  }
  // A step without changes: a damped cost took effect.
  if (changes.length === 0) told.add(GRAPH, "costs", {});
  return told.entry();
}

/** The events of one revision; announces in a row are told in lists. */
class StepEvents {
  readonly #revision: number;
  readonly #events: ChangeEvent[] = [];
  #announces: ReturnType<typeof leased>[] = [];

  constructor(revision: number) {
    this.#revision = revision;
  }

  add(scopes: ChangeEvent["scopes"], event: string, data: object): void {
    this.#endList();
    this.#write(scopes, event, data);
  }

  announce(one: ReturnType<typeof leased>): void {
    if (this.#announces.length === ANNOUNCES_PER_EVENT) this.#endList();
    this.#announces.push(one);
  }

  entry(): ChangeEntry {
    this.#endList();
    const bytes = this.#events.reduce((sum, { data }) => sum + data.length + EVENT_OVERHEAD, 0);
    return { revision: this.#revision, bytes, events: this.#events };
  }

  #endList(): void {
    const entries = this.#announces;
    const [first] = entries;
    if (first === undefined) return;
    this.#announces = [];
    if (entries.length === 1) this.#write(ANNOUNCES, "announce", first);
    else this.#write(ANNOUNCES, "announces", { entries });
  }

  #write(scopes: ChangeEvent["scopes"], event: string, data: object): void {
    const revision = this.#revision;
    const text = JSON.stringify({ revision, ...data });
    this.#events.push({ scopes, id: revision, event, data: text });
  }
}

/** Reachability comes from the graph and is not part of a relay's own view. */
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

/** The overhead of one event beside its text, in bytes. */
const EVENT_OVERHEAD = 64;
