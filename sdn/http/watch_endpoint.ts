import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, relayNameFault } from "@qumo/shared/topology";
import type { WatchEvent, WatchScope, WatchUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { EventPieces } from "./event_pieces.ts";
import {
  KEEP_ALIVE_MS,
  MAX_WATCHED_ROUTES,
  MAX_WATCHERS,
  MAX_WATCHERS_PER_CLIENT,
  MAX_WRITE_LENGTH,
} from "./limits.ts";
import { revisionField, watchQuery } from "./queries.ts";
import { Slots } from "./slots.ts";

/** The reconnection delay sent to clients, in milliseconds. */
const RETRY_MS = 1000;

/** A generator with an event at hand yields it within this many turns of the event loop. */
const PROMPT_TURNS = 8;

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
      const leave = new AbortController();
      const either = AbortSignal.any([leave.signal, tools.ending]);
      const events = watching.watch({
        since: last ?? query.since,
        scope: scope.value,
        signal: either,
      });
      if (!events.ok) return Promise.resolve(events);
      slots.take(client, places);
      tools.onWatchers(slots.holders);
      const body = stream(events.value, {
        clock: tools.clock,
        leave,
        onEnd() {
          slots.give(client, places);
          tools.onWatchers(slots.holders);
        },
      });
      return Promise.resolve(
        done(
          new Response(body, {
            headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
          }),
        ),
      );
    },
  });
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

/** Writes events as server-sent events, and a comment when there has been none for a while. */
function stream(
  events: AsyncIterable<WatchEvent>,
  { clock, leave, onEnd }: { clock: Clock; leave: AbortController; onEnd: () => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = events[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<WatchEvent>> | undefined;
  // A client that does not read holds at most one chunk.
  const rest = new EventPieces(MAX_WRITE_LENGTH);
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) onEnd();
    hasEnded = true;
  };
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    async pull(controller) {
      while (!rest.isFull) {
        pending ??= iterator.next();
        // Events at hand share one write; wait only when there is nothing to send.
        const next = await (rest.isEmpty ? orSilence(clock, pending) : atOnce(pending))
          .catch((error) => {
            end();
            throw error;
          });
        if (next === "later") break;
        if (next === "silence") {
          rest.add(": still here\n\n");
          break;
        }
        pending = undefined;
        if (next.done) {
          end();
          while (!rest.isEmpty) controller.enqueue(encoder.encode(rest.take()));
          controller.close();
          return;
        }
        const { id, event, data } = next.value;
        const place = id === undefined ? "" : `id: ${id}\n`;
        rest.add(`${place}event: ${event}\ndata: `, data, "\n\n");
      }
      controller.enqueue(encoder.encode(rest.take()));
    },
    cancel() {
      end();
      leave.abort();
    },
  });
}

/** The value of a promise that is about to resolve; `later` when it is not. */
async function atOnce<T>(pending: Promise<T>): Promise<T | "later"> {
  let given: { readonly value: T } | undefined;
  const waiting = pending.then((value) => void (given = { value }));
  for (let turn = 0; turn < PROMPT_TURNS && given === undefined; turn++) await undefined;
  if (given === undefined) {
    // The rejection is handled by the next caller that awaits the promise.
    waiting.catch(() => {});
    return "later";
  }
  return given.value;
}

function orSilence<T>(clock: Clock, pending: Promise<T>): Promise<T | "silence"> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(KEEP_ALIVE_MS, () => resolve("silence"));
    pending.then(resolve, reject).finally(() => timer.cancel());
  });
}

function no(code: Refusal["code"], message: string) {
  return refused(refusal(code, message));
}
