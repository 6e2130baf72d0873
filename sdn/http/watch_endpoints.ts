import type { WatchUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { interestChangeAnswer, interestChangeBody, interestWatchBody } from "./interest_bodies.ts";
import { MAX_INTEREST_BYTES } from "./limits.ts";
import { revisionField, watchQuery } from "./queries.ts";
import { Watchers, type WatchTools } from "./watchers.ts";

/** The endpoints that stream changes as server-sent events, and change what a stream follows. */
export function watchEndpoints(watching: WatchUseCases, tools: WatchTools): Endpoint[] {
  const watchers = new Watchers(watching, tools);
  return [
    endpoint({
      method: "get",
      path: "/watch",
      summary: "Snapshot and changes as server-sent events; ids are revisions",
      role: "read",
      query: watchQuery,
      answer: "text/event-stream",
      refusals: ["history_gone"],
      handle: ({ query: { scope, since }, headers, client }) => {
        const last = revisionField.safeParse(headers.get("last-event-id")).data;
        return Promise.resolve(watchers.begin({ scope, since: last ?? since }, headers, client));
      },
    }),
    endpoint({
      method: "post",
      path: "/watch",
      summary: "As GET, with only those announces that the watcher is interested in",
      role: "read",
      body: interestWatchBody,
      bodyLimit: MAX_INTEREST_BYTES,
      answer: "text/event-stream",
      refusals: ["history_gone", "limit_reached"],
      handle: ({ body, headers, client }) => Promise.resolve(watchers.begin(body, headers, client)),
    }),
    endpoint({
      method: "put",
      path: "/watch/{watcher}",
      summary: "Change what a watcher is interested in; an event says when it knows what is added",
      role: "read",
      body: interestChangeBody,
      bodyLimit: MAX_INTEREST_BYTES,
      answer: interestChangeAnswer,
      refusals: ["not_found", "limit_reached"],
      handle: ({ name, body }) => Promise.resolve(watchers.revise(name, body)),
    }),
  ];
}
