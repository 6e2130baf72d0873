import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, relayNameFault } from "@qumo/shared/topology";
import type { WatchScope, WatchUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { EventEncoder, type StreamForm } from "./event_encoder.ts";
import { KeepAlives } from "./keep_alives.ts";
import {
  KEEP_ALIVE_MS,
  MAX_WATCHED_ROUTES,
  MAX_WATCHERS,
  MAX_WATCHERS_PER_CLIENT,
} from "./limits.ts";
import { revisionField, watchQuery } from "./queries.ts";
import { Slots } from "./slots.ts";
import { WatchStream } from "./watch_stream.ts";

/** The dependencies of the endpoint beside the use case. */
export interface WatchTools {
  readonly clock: Clock;
  /** Called with the number of watchers whenever it changes. */
  readonly onWatchers: (count: number) => void;
  /** Aborted when the controller shuts down. */
  readonly ending: AbortSignal;
}

/** The endpoint that streams changes as server-sent events. */
export function watchEndpoint(watching: WatchUseCases, tools: WatchTools): Endpoint {
  const slots = new Slots(MAX_WATCHERS, MAX_WATCHERS_PER_CLIENT);
  const encoder = new EventEncoder();
  const keepAlives = new KeepAlives(tools.clock, KEEP_ALIVE_MS);
  const streams = new Set<WatchStream>();
  tools.ending.addEventListener("abort", () => {
    for (const stream of [...streams]) stream.stop();
  });
  return endpoint({
    method: "get",
    path: "/watch",
    summary: "Snapshot and changes as server-sent events; ids are revisions",
    role: "read",
    query: watchQuery,
    answer: "text/event-stream",
    refusals: ["history_gone"],
    handle: ({ query, headers, client }) => {
      const scope = readScope(query.scope);
      if (!scope.ok) return Promise.resolve(scope);
      const last = revisionField.safeParse(headers.get("last-event-id")).data;
      // A table of routes is kept per watcher, so each counts as a slot.
      const places = Math.max(1, scope.value.routes.length);
      if (!slots.hasFree(client, places)) {
        return Promise.resolve(no("rate_limited", "Too many watchers"));
      }
      const stream = new WatchStream({
        form: readsGzip(headers.get("accept-encoding") ?? "") ? "gzip" : "plain",
        encoder,
        keepAlives,
        onEnd() {
          streams.delete(stream);
          slots.give(client, places);
          tools.onWatchers(slots.holders);
        },
      });
      const feed = watching.watch({
        since: last ?? query.since,
        scope: scope.value,
        client,
        onNews: () => stream.hasNews(),
      });
      if (!feed.ok) return Promise.resolve(feed);
      slots.take(client, places);
      streams.add(stream);
      tools.onWatchers(slots.holders);
      return Promise.resolve(done(answer(stream.begin(feed.value), stream.form)));
    },
  });
}

function answer(body: ReadableStream<Uint8Array>, form: StreamForm): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      vary: "accept-encoding",
      ...(form === "gzip" && { "content-encoding": "gzip" }),
    },
  });
}

/** Whether a client takes answers in gzip, by its Accept-Encoding. */
function readsGzip(accepted: string): boolean {
  return accepted.split(",").some((one) => /^\s*gzip\s*(;\s*q=(1|0?\.\d*[1-9]).*)?$/i.test(one));
}

/** Parses `graph,announces,flows,routes:{relay}`; a comma in a relay's name is percent-encoded. */
function readScope(text: string): Outcome<WatchScope, Refusal> {
  const scope = { graph: false, announces: false, flows: false, routes: [] as string[] };
  for (const word of text.split(",")) {
    if (word === "graph" || word === "announces" || word === "flows") scope[word] = true;
    else if (word.startsWith("routes:")) {
      const relay = decode(word.slice("routes:".length));
      if (relay === undefined || relayNameFault(relay) !== undefined) {
        return no("bad_request", `scope: no relay's name in ${word}`);
      }
      scope.routes.push(relay);
      if (scope.routes.length > MAX_WATCHED_ROUTES) {
        return no("bad_request", `scope: routes of at most ${MAX_WATCHED_ROUTES} relays`);
      }
    } else {return no(
        "bad_request",
        `scope: ${word} is not graph, announces, flows or routes:{relay}`,
      );}
  }
  return done(scope);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function no(code: Refusal["code"], message: string) {
  return refused(refusal(code, message));
}
