import { type Clock, type Log, printable } from "@qumo/shared/runtime";
import { RelayBudget } from "./budget.ts";
import { type EventFields, type EventKind, EVENTS, type SdnEvent } from "./event.ts";
import { MAX_EVENTS, MAX_EVENTS_BYTES, MAX_FIELD } from "./limits.ts";

/** Where events outlive the process. */
export interface EventShelf {
  /** The newest events that were kept, the oldest of them first. */
  load(limit: number): readonly SdnEvent[];
  /** Keeps an event, soon. Never throws: an event that cannot be kept was in the log. */
  keep(event: SdnEvent): void;
}

/** What an event log stands on. */
export interface EventLogOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly shelf?: EventShelf | undefined;
}

/** Events of one kind: those that are listed, and those that are not, because their relay caused too many. */
export interface EventCount {
  kept: number;
  left_out: number;
}

/** Some events, and which there are. */
export interface EventPage {
  /** The ids of the oldest and the newest event there is; 0 when there is none. */
  readonly oldest: number;
  readonly newest: number;
  /** The oldest first. */
  readonly events: readonly SdnEvent[];
}

/** What happened, newest last: told to the log at once, kept for whoever asks later. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #budget: RelayBudget;
  readonly #counts = new Map<EventKind, EventCount>();
  #events: SdnEvent[];
  #bytes = 0;
  #newest: number;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#budget = new RelayBudget((relay, count) =>
      this.#keep("events_left_out", { relay, count })
    );
    this.#events = [...options.shelf?.load(MAX_EVENTS) ?? []];
    this.#bytes = this.#events.reduce((sum, event) => sum + sizeOf(event), 0);
    // Beyond every id of a process before this one that kept none of its own.
    const wall = Math.floor(options.clock.wall());
    this.#newest = this.#events.at(-1)?.id ?? wall;
    this.#cut();
  }

  /** How many events of each kind there were since the start. */
  get counts(): ReadonlyMap<EventKind, Readonly<EventCount>> {
    return this.#counts;
  }

  /** Says that something happened. */
  add(kind: EventKind, given: EventFields = {}): void {
    const fields = tidy(given);
    if (EVENTS[kind].level === "debug") return this.#tell(kind, fields);
    const isWithin = fields.relay === undefined ||
      this.#budget.take(fields.relay, this.#options.clock.now());
    if (isWithin) this.#keep(kind, fields);
    else this.#count(kind, "left_out");
  }

  /** Up to `limit` events after the one with the id `since`, or the newest ones without it. */
  page(since: number | undefined, limit: number): EventPage {
    const events = since === undefined
      ? this.#events.slice(-limit)
      : this.#events.slice(this.#after(since)).slice(0, limit);
    return { oldest: this.#events[0]?.id ?? 0, newest: this.#events.at(-1)?.id ?? 0, events };
  }

  #keep(kind: EventKind, fields: EventFields): void {
    const { clock, shelf } = this.#options;
    const event = { id: ++this.#newest, time: clock.wall(), kind, ...fields };
    this.#tell(kind, fields);
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    this.#cut();
    shelf?.keep(event);
    this.#count(kind, "kept");
  }

  #count(kind: EventKind, result: keyof EventCount): void {
    const count = this.#counts.get(kind) ?? { kept: 0, left_out: 0 };
    count[result]++;
    this.#counts.set(kind, count);
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

  /** Where the events after an id begin. */
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

/** Names and reasons as they can be shown, cut to a length that fits. */
function tidy(fields: EventFields): EventFields {
  const tidied = Object.entries(fields).map(([name, value]) => {
    return [name, typeof value === "string" ? printable(value, MAX_FIELD) : value];
  });
  return Object.fromEntries(tidied.filter(([, value]) => value !== undefined));
}

function sizeOf(event: SdnEvent): number {
  // Beside the texts: braces, names of fields, id and time.
  let size = 96;
  for (const text of [event.relay, event.neighbor, event.peer, event.by, event.detail]) {
    if (text !== undefined) size += 3 * text.length + 16;
  }
  return size;
}
