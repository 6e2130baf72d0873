import type { Outcome } from "@qumo/shared/runtime";
import type { Refusal, Registration } from "@qumo/shared/topology";
import type { z } from "zod";
import type { DirectoryCursor, Match } from "../registry/mod.ts";
import type * as answers from "./answers.ts";

type Answered<Schema extends z.ZodType> = Promise<Outcome<z.output<Schema>, Refusal>>;

/** What relays and operators can do with relays. */
export interface RelayUseCases {
  register(
    name: string,
    body: Registration,
    match?: Match,
  ): Answered<typeof answers.registeredAnswer>;
  deregister(name: string, match?: Match): Answered<typeof answers.relayStatusAnswer>;
  /** `by` is whoever orders it. */
  drain(name: string, on: boolean, by: string): Answered<typeof answers.relayStatusAnswer>;
  relays(): Answered<typeof answers.relaysAnswer>;
  relay(name: string): Answered<typeof answers.oneRelayAnswer>;
  flows(): Answered<typeof answers.flowsAnswer>;
}

/** What can be asked about routes through the network. */
export interface RouteUseCases {
  /** How many relays a search goes through. */
  readonly relays: number;
  route(
    query: { from: string; to: string; alternates: number; explain: boolean },
  ): Answered<typeof answers.routeAnswer>;
  nextHops(relay: string): Answered<typeof answers.nextHopsAnswer>;
  /** The graph, and the revision at which it last changed. */
  graph(): Promise<{ modified: number; graph: z.output<typeof answers.graphAnswer> }>;
  /** Resolves when the graph has changed after a revision, or `seconds` have passed. */
  graphBeyond(revision: number, seconds: number): Promise<void>;
  assign(query: AssignQuery): Answered<typeof answers.assignAnswer>;
}

/** What a client says of itself when it asks for a relay. */
export interface AssignQuery {
  readonly region?: string | undefined;
  readonly track?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  /** What tells this client from others, to spread clients over relays that are equally good. */
  readonly client: string;
}

/** What can be asked and said about who has which track. */
export interface DirectoryUseCases {
  announce(relay: string, track: string): Answered<typeof answers.announceStatusAnswer>;
  withdraw(relay: string, track: string): Answered<typeof answers.announceStatusAnswer>;
  announces(
    query: { prefix: string; limit: number; after?: DirectoryCursor },
  ): Answered<typeof answers.announcesAnswer>;
  lookup(
    query: { track: string; from?: string | undefined; covering: boolean },
  ): Answered<typeof answers.lookupAnswer>;
}

/** What a watcher wants to know about. */
export interface WatchScope {
  readonly graph: boolean;
  readonly announces: boolean;
  /** Which tracks relays take from their neighbors now. */
  readonly flows: boolean;
  /** The relays whose next hops are watched. */
  readonly routes: readonly string[];
}

/** One event on its way to a watcher. */
export interface WatchEvent {
  /** The revision from which a watcher that has seen this may go on; none within a snapshot. */
  readonly id?: number;
  readonly event: string;
  /** JSON. */
  readonly data: string;
}

/** Following what changes. */
export interface WatchUseCases {
  /** Snapshot and changes, or changes alone when `since` is given; ends when history is gone. */
  watch(
    query: { since?: number | undefined; scope: WatchScope; signal: AbortSignal },
  ): Outcome<AsyncIterable<WatchEvent>, Refusal>;
}

/** What happened. */
export interface EventUseCases {
  events(
    query: { since?: number | undefined; limit: number },
  ): Answered<typeof answers.eventsAnswer>;
}

/** How the controller is. */
export interface OperationUseCases {
  health(): z.output<typeof answers.healthAnswer>;
  metrics(): Promise<string>;
}
