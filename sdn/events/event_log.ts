import { type Clock, type Log, printable } from "@qumo/shared/runtime";
import { RelayBudget } from "./budget.ts";
import { type EventFields, type EventKind, EVENTS, type SdnEvent } from "./event.ts";
import { MAX_EVENTS, MAX_EVENTS_BYTES, MAX_FIELD } from "./limits.ts";

/** Persistent storage of events. */
export interface EventStore {
  /** The newest stored events, the oldest of them first. */
  load(limit: number): readonly SdnEvent[];
  /** Stores an event asynchronously. Never throws: an event that cannot be stored is in the log. */
  keep(event: SdnEvent): void;
}

/** The dependencies of {@linkcode EventLog}. */
export interface EventLogOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store?: EventStore | undefined;
}

/** Events of one kind: listed ones, and ones suppressed because their relay exceeded its budget. */
export interface EventCount {
  kept: number;
  left_out: number;
}

/** A page of events. */
export interface EventPage {
  /** The ids of the oldest and the newest listed event; 0 when there is none. */
  readonly oldest: number;
  readonly newest: number;
  /** The oldest first. */
  readonly events: readonly SdnEvent[];
}

/** The newest events: logged at once and kept for later queries. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #budget: RelayBudget;
  // All from the start: Prometheus sees no increase in a series that begins with its first event.
  readonly #counts = new Map<EventKind, EventCount>(
    kinds().map((kind) => [kind, { kept: 0, left_out: 0 }]),
  );
  #events: SdnEvent[];
  #bytes = 0;
  #newest: number;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#budget = new RelayBudget((relay, count) =>
      this.#keep("events_left_out", { relay, count })
    );
    this.#events = [...options.store?.load(MAX_EVENTS) ?? []];
    this.#bytes = this.#events.reduce((sum, event) => sum + sizeOf(event), 0);
    // Greater than every id of an earlier process, which may have stored no events.
    const wall = Math.floor(options.clock.wall());
    this.#newest = this.#events.at(-1)?.id ?? wall;
    this.#cut();
  }

  /** The number of events of each kind since the start. */
  get counts(): ReadonlyMap<EventKind, Readonly<EventCount>> {
    return this.#counts;
  }

  /** Adds an event and logs it. */
  add(kind: EventKind, given: EventFields = {}): void {
    const fields = tidy(given);
    if (EVENTS[kind].level === "debug") return this.#tell(kind, fields);
    const isWithin = fields.relay === undefined ||
      this.#budget.take(fields.relay, this.#options.clock.now());
    if (isWithin) this.#keep(kind, fields);
    else this.#count(kind, "left_out");
  }

  /** Up to `limit` events after the id `since`, or the newest ones when `since` is undefined. */
  page(since: number | undefined, limit: number): EventPage {
    const events = since === undefined
      ? this.#events.slice(-limit)
      : this.#events.slice(this.#after(since)).slice(0, limit);
    return { oldest: this.#events[0]?.id ?? 0, newest: this.#events.at(-1)?.id ?? 0, events };
  }

  #keep(kind: EventKind, fields: EventFields): void {
    const { clock, store } = this.#options;
    const event = { id: ++this.#newest, time: clock.wall(), kind, ...fields };
    this.#tell(kind, fields);
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    this.#cut();
    store?.keep(event);
    this.#count(kind, "kept");
  }

  #count(kind: EventKind, result: keyof EventCount): void {
    this.#counts.get(kind)![result]++;
  }

  #tell(kind: EventKind, fields: EventFields): void {
    const { level, words } = EVENTS[kind];
    this.#options.log[level](words, { ...fields });
  }

  #cut(): void {
    let count = 0;
    for (const event of this.#events) {
      const isWithin = this.#events.length - count <= MAX_EVENTS && this.#bytes <= MAX_EVENTS_BYTES;
      if (isWithin) break;
      this.#bytes -= sizeOf(event);
      count++;
    }
    if (count > 0) this.#events.splice(0, count);
  }

  /** The index of the first event after an id. */
  #after(id: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.id <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Names and reasons with control characters removed, cut to the maximum length. */
function tidy(fields: EventFields): EventFields {
  const tidied = Object.entries(fields).map(([name, value]) => {
    return [name, typeof value === "string" ? printable(value, MAX_FIELD) : value];
  });
  return Object.fromEntries(tidied.filter(([, value]) => value !== undefined));
}

function sizeOf(event: SdnEvent): number {
  // The JSON overhead of one event: braces, field names, id and time.
  let size = 96;
  for (const text of [event.relay, event.neighbor, event.peer, event.by, event.detail]) {
    if (text !== undefined) size += 3 * text.length + 16;
  }
  return size;
}

/** The kinds of events that are kept. */
function kinds(): EventKind[] {
  return (Object.keys(EVENTS) as EventKind[]).filter((kind) => EVENTS[kind].level !== "debug");
}
