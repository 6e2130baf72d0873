import { accessView } from "./access_views.ts";
import {
  accessKey,
  type Announce,
  relayOf,
  type RelaySnapshot,
  type Step,
} from "../registry/mod.ts";
import type { ChangeEntry, ChangeEvent, ChangeLog } from "./change_log.ts";
import type { ToDate } from "./dates.ts";
import type { Told } from "../store/types.ts";
import { ANNOUNCES_PER_EVENT } from "./limits.ts";
import { announceView, relayView } from "./views.ts";

/** The dependencies of {@linkcode StepPublisher}. */
export interface StepPublisherOptions {
  readonly changeLog: ChangeLog;
  /** Receives each entry of the log, for those who follow some of it. */
  readonly interested: { push(entry: ChangeEntry): void };
  /** Tells watchers of what is about access before all else. */
  readonly access: { push(events: readonly ChangeEvent[]): void };
  /** Receives each step, to derive events for operators. */
  readonly chronicle: { step(step: Step): void };
  /** Receives each step, to count reroutes. */
  readonly history: { step(step: Step): void };
  readonly toDate: ToDate;
}

/** Publishes stored steps to watchers, to the event log and to peer controllers. */
export class StepPublisher {
  readonly #options: StepPublisherOptions;
  readonly #followers: ((relays: readonly string[]) => void)[] = [];
  readonly #accessFollowers: ((keys: readonly string[]) => void)[] = [];
  /** The entries of steps that are being stored. */
  readonly #entries = new WeakMap<Step, ChangeEntry>();

  constructor(options: StepPublisherOptions) {
    this.#options = options;
  }

  /** Registers `push`, which is called with the relays of each step. */
  follow(push: (relays: readonly string[]) => void): void {
    this.#followers.push(push);
  }

  /** Registers `push`, which is called with the keys of what changed about access in a step. */
  followAccess(push: (keys: readonly string[]) => void): void {
    this.#accessFollowers.push(push);
  }

  /** Publishes the next step in order of revision. */
  publish(step: Step): void {
    const { changeLog, interested, chronicle, history, access } = this.#options;
    const entry = this.#entry(step);
    const urgent = entry.events.filter(({ event }) => event === "access");
    if (urgent.length > 0) access.push(urgent);
    changeLog.push(entry);
    interested.push(entry);
    chronicle.step(step);
    history.step(step);
    // Flows are not replicated: each relay reports them to the controller that it sends heartbeats
    // to.
    const relays = step.changes.filter(({ kind }) => kind !== "flows").map(relayOf)
      .filter((relay) => relay !== undefined);
    for (const push of this.#followers) push(relays);
    const keys = step.changes.flatMap((change) =>
      change.kind === "access" ? [accessKey(change.entry)] : []
    );
    if (keys.length > 0) { for (const push of this.#accessFollowers) push(keys); }
  }

  /** What a step tells watchers, as a text; flows are not kept, relays report them again. */
  text(step: Step): string {
    const kept = this.#entry(step).events.filter(({ event }) => event !== "flows");
    return kept.map(({ event, data }) => `${event} ${data}`).join("\n");
  }

  #entry(step: Step): ChangeEntry {
    const entry = this.#entries.get(step) ?? entryOf(step, this.#options.toDate);
    this.#entries.set(step, entry);
    return entry;
  }

  /** Skips the revision of a void step. */
  pass({ revision }: Step): void {
    this.#options.changeLog.push({ revision, bytes: 0, events: [] });
  }
}

/**
 * The entries of which {@linkcode StepPublisher.text} made texts: the newest, after one that cannot be
 * read, of another version of this program for example.
 */
export function entriesFromTexts(told: readonly Told[]): ChangeEntry[] {
  const unreadable = told.findLastIndex(({ events }) => !isReadable(events));
  return told.slice(unreadable + 1).map(({ revision, events }) => entryFromText(revision, events));
}

function entryFromText(revision: number, text: string): ChangeEntry {
  const told = new StepEvents(revision);
  for (const { event, data } of linesOf(text)) told.write(event, data, announcesIn(event, data));
  return told.entry();
}

function isReadable(text: string): boolean {
  try {
    return linesOf(text).every(({ event, data }) => {
      announcesIn(event, data);
      return Object.hasOwn(SCOPES, event);
    });
  } catch {
    return false;
  }
}

function linesOf(text: string): { event: EventName; data: string }[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const space = line.indexOf(" ");
    return { event: line.slice(0, space) as EventName, data: line.slice(space + 1) };
  });
}

/**
 * The watch events of a step. They depend on the step alone, so that later changes do not leak into
 * them.
 */
function entryOf({ revision, changes, relays }: Step, toDate: ToDate): ChangeEntry {
  const told = new StepEvents(revision);
  for (const change of changes) {
    const relay = relays.get(relayOf(change) ?? "");
    switch (change.kind) {
      case "relay":
      case "drain":
        if (relay !== undefined) told.add("relay", ownView(relay, toDate));
        break;
      case "gone": {
        const { name, reason } = change.tombstone;
        told.add("gone", { relay: name, reason });
        break;
      }
      case "announce":
        if (change.isKnown || relay === undefined) break;
        told.announce(leased(change.announce, relay, toDate));
        break;
      case "withdraw":
        told.withdraw(change);
        break;
      case "flows":
        told.add("flows", { relay: change.relay, flows: change.flows });
        break;
      case "access":
        told.add("access", accessView([change.entry]));
        break;
    }
  }
  // A step without changes: a damped cost took effect.
  if (changes.length === 0) told.add("costs", {});
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

  add(event: EventName, data: object): void {
    this.#endList();
    this.#add(event, data);
  }

  withdraw({ relay, track }: { readonly relay: string; readonly track: string }): void {
    this.#endList();
    this.#add("withdraw", { relay, track }, [track]);
  }

  /** Adds an event whose data are written already, and the announces that it is about. */
  write(event: EventName, data: string, announces: readonly string[] | undefined): void {
    const about = announces && { announces };
    // What is told before its turn does not say that all before it was told.
    const id = event === "access" ? {} : { id: this.#revision };
    this.#events.push({ scopes: SCOPES[event], ...about, ...id, event, data });
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
    const tracks = entries.map(({ track }) => track);
    if (entries.length === 1) this.#add("announce", first, tracks);
    else this.#add("announces", { entries }, tracks);
  }

  #add(event: EventName, data: object, announces?: readonly string[]): void {
    this.write(event, JSON.stringify({ revision: this.#revision, ...data }), announces);
  }
}

/** The announces that an event is about, by its data; undefined when it is about something else. */
function announcesIn(event: EventName, data: string): readonly string[] | undefined {
  if (event === "announces") {
    return JSON.parse(data).entries.map(({ track }: { track: string }) => track);
  }
  return event === "announce" || event === "withdraw" ? [JSON.parse(data).track] : undefined;
}

/** Reachability comes from the graph and is not part of a relay's own view. */
function ownView(relay: RelaySnapshot, toDate: ToDate) {
  return relayView(relay, { state: relay.draining ? "draining" : "registered", toDate });
}

function leased(announce: Announce, { leaseEnd }: RelaySnapshot, toDate: ToDate) {
  return announceView(announce, { leaseEnd, toDate });
}

/** The events that changes are told in, and the scopes of those who are told. */
const SCOPES = {
  relay: ["graph"],
  costs: ["graph"],
  gone: ["graph", "announces", "flows"],
  announce: ["announces"],
  announces: ["announces"],
  withdraw: ["announces"],
  flows: ["flows"],
  access: ["access"],
} as const satisfies Record<string, ChangeEvent["scopes"]>;

type EventName = keyof typeof SCOPES;

/** The overhead of one event beside its text, in bytes. */
const EVENT_OVERHEAD = 64;
