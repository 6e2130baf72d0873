import { done } from "@qumo/shared/runtime";
import { eventsAnswer } from "../control/answers.ts";
import type { EventUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { eventsQuery } from "./queries.ts";

/** The endpoint that lists past events. */
export function eventEndpoints(events: EventUseCases): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/events",
      summary: "What happened, the oldest first: after an event, or the newest",
      role: "read",
      query: eventsQuery,
      answer: eventsAnswer,
      handle: async ({ query }) => {
        const outcome = await events.events(query);
        return outcome.ok
          ? done({ body: outcome.value, headers: { "cache-control": "no-store" } })
          : outcome;
      },
    }),
  ];
}
