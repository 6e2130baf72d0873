import { done } from "@qumo/shared/runtime";
import { type EventLog, EVENTS, type SdnEvent, sentence } from "../events/mod.ts";
import type { EventUseCases } from "./use_cases.ts";

/** Lists past events. */
export class EventService implements EventUseCases {
  readonly #log: EventLog;
  readonly #revision: () => number;

  constructor(log: EventLog, revision: () => number) {
    this.#log = log;
    this.#revision = revision;
  }

  events({ since, limit }: { since?: number | undefined; limit: number }) {
    const { oldest, newest, events } = this.#log.page(since, limit);
    return Promise.resolve(
      done({ revision: this.#revision(), oldest, newest, events: events.map(eventView) }),
    );
  }
}

function eventView(event: SdnEvent) {
  return {
    ...event,
    time: new Date(event.time).toISOString(),
    level: EVENTS[event.kind].level,
    text: sentence(event),
  };
}
