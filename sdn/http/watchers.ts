import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Interest, type Refusal, refusal, relayNameFault } from "@qumo/shared/topology";
import type { WatchFeed, WatchScope, WatchUseCases } from "../control/use_cases.ts";
import { EventEncoder, type StreamForm } from "./event_encoder.ts";
import type { InterestChangeBody, InterestLists } from "./interest_bodies.ts";
import { KeepAlives } from "./keep_alives.ts";
import {
  KEEP_ALIVE_MS,
  MAX_WATCHED_ROUTES,
  MAX_WATCHERS,
  MAX_WATCHERS_PER_CLIENT,
  MIN_KEEP_ALIVE_SEC,
} from "./limits.ts";
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

/** What a watcher asks for. */
export interface WatchParameters {
  readonly scope: string;
  readonly since?: number | undefined;
  readonly interests?: InterestLists;
  readonly all_up_to?: number;
}

/** The streams of all watchers, which have a limited number of slots. */
export class Watchers {
  readonly #watching: WatchUseCases;
  readonly #tools: WatchTools;
  readonly #slots = new Slots(MAX_WATCHERS, MAX_WATCHERS_PER_CLIENT);
  readonly #encoder = new EventEncoder();
  /** By their seconds. */
  readonly #keepAlives = new Map<number, KeepAlives>();
  readonly #streams = new Set<WatchStream>();
  /** Those that can change their interests, by their names. */
  readonly #named = new Map<string, WatchFeed>();

  constructor(watching: WatchUseCases, tools: WatchTools) {
    this.#watching = watching;
    this.#tools = tools;
    tools.ending.addEventListener("abort", () => {
      for (const stream of [...this.#streams]) stream.stop();
    });
  }

  begin(
    { scope: text, since, interests, all_up_to: allUpTo = 0 }: WatchParameters,
    headers: Headers,
    client: string,
  ): Outcome<Response, Refusal> {
    const scope = readScope(text);
    if (!scope.ok) return scope;
    // A table of routes is kept per watcher, so each counts as a slot.
    const places = Math.max(1, scope.value.routes.length);
    if (!this.#slots.hasFree(client, places)) return no("rate_limited", "Too many watchers");
    // Who knows the name may change the interests, so it cannot be guessed.
    const id = crypto.randomUUID();
    const keepAliveSec = keepAliveOf(headers);
    const stream = this.#newStream({ headers, keepAliveSec }, () => {
      this.#named.delete(id);
      this.#slots.give(client, places);
    });
    const feed = this.#watching.watch({
      since,
      scope: { ...scope.value, announces: scope.value.announces || interests !== undefined },
      ...(interests && { interest: { id, interests: interestsOf(interests), allUpTo } }),
      client,
      onNews: () => stream.hasNews(),
    });
    if (!feed.ok) return feed;
    if (interests !== undefined) this.#named.set(id, feed.value);
    this.#slots.take(client, places);
    this.#streams.add(stream);
    this.#tools.onWatchers(this.#slots.holders);
    return done(answer(stream.begin(feed.value), { form: stream.form, keepAliveSec }));
  }

  revise(name: string, { number, add, drop }: InterestChangeBody) {
    const feed = this.#named.get(name);
    if (feed === undefined) return no("not_found", "There is no such watcher here");
    const outcome = feed.revise({ number, add: interestsOf(add), drop: interestsOf(drop) });
    return outcome.ok ? done({ body: { number } }) : outcome;
  }

  #newStream(
    { headers, keepAliveSec = KEEP_ALIVE_MS / 1000 }: {
      headers: Headers;
      keepAliveSec: number | undefined;
    },
    onEnd: () => void,
  ): WatchStream {
    const keepAlives = this.#keepAlives.get(keepAliveSec) ??
      new KeepAlives(this.#tools.clock, keepAliveSec * 1000);
    this.#keepAlives.set(keepAliveSec, keepAlives);
    const stream = new WatchStream({
      form: readsGzip(headers.get("accept-encoding") ?? "") ? "gzip" : "plain",
      encoder: this.#encoder,
      keepAlives,
      onEnd: () => {
        this.#streams.delete(stream);
        onEnd();
        this.#tools.onWatchers(this.#slots.holders);
      },
    });
    return stream;
  }
}

/** Each interest once, however often it is named: each is told what it is about. */
function interestsOf({ namespaces, prefixes }: InterestLists): Interest[] {
  return [
    ...new Set(namespaces).values().map((text) => ({ kind: "namespace" as const, text })),
    ...new Set(prefixes).values().map((text) => ({ kind: "prefix" as const, text })),
  ];
}

function answer(
  body: ReadableStream<Uint8Array>,
  { form, keepAliveSec }: { form: StreamForm; keepAliveSec: number | undefined },
): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      vary: "accept-encoding",
      ...(form === "gzip" && { "content-encoding": "gzip" }),
      ...(keepAliveSec !== undefined && { "preference-applied": `keep-alive=${keepAliveSec}` }),
    },
  });
}

/** The seconds between keep-alives that a client asks for, as `Prefer: keep-alive=1`. */
function keepAliveOf(headers: Headers): number | undefined {
  const asked = /(?:^|,)\s*keep-alive\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i
    .exec(headers.get("prefer") ?? "")?.[1];
  if (asked === undefined) return undefined;
  return Math.min(Math.max(Number(asked), MIN_KEEP_ALIVE_SEC), KEEP_ALIVE_MS / 1000);
}

/** Whether a client takes answers in gzip, by its Accept-Encoding. */
function readsGzip(accepted: string): boolean {
  return accepted.split(",").some((one) => /^\s*gzip\s*(;\s*q=(1|0?\.\d*[1-9]).*)?$/i.test(one));
}

/** Parses `graph,announces,flows,access,routes:{relay}`; a comma in a relay's name is percent-encoded. */
function readScope(text: string): Outcome<WatchScope, Refusal> {
  const routes: string[] = [];
  const scope = { graph: false, announces: false, flows: false, access: false, routes };
  for (const word of text.split(",")) {
    if (isWord(word)) scope[word] = true;
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
        `scope: ${word} is not graph, announces, flows, access or routes:{relay}`,
      );}
  }
  return done(scope);
}

function isWord(word: string): word is "graph" | "announces" | "flows" | "access" {
  return ["graph", "announces", "flows", "access"].includes(word);
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
