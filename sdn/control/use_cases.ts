import type { Outcome } from "@qumo/shared/runtime";
import type {
  AccessTarget,
  Interest,
  PolicyTerms,
  Refusal,
  Registration,
} from "@qumo/shared/topology";
import type { z } from "zod";
import type { HistorySubject } from "../history/mod.ts";
import type { DirectoryCursor, Match } from "../registry/mod.ts";
import type * as access from "./access_answers.ts";
import type * as answers from "./answers.ts";

type Answered<Schema extends z.ZodType> = Promise<Outcome<z.output<Schema>, Refusal>>;

/** Use cases about relays: registration, heartbeats, drain, deregistration. */
export interface RelayUseCases {
  register(
    name: string,
    body: Registration,
    match?: Match,
  ): Answered<typeof answers.registeredAnswer>;
  deregister(name: string, match?: Match): Answered<typeof answers.relayStatusAnswer>;
  /** `by` names the operator or client that orders it. */
  drain(name: string, on: boolean, by: string): Answered<typeof answers.relayStatusAnswer>;
  relays(): Answered<typeof answers.relaysAnswer>;
  relay(name: string): Answered<typeof answers.oneRelayAnswer>;
  flows(): Answered<typeof answers.flowsAnswer>;
}

/** Route queries. */
export interface RouteUseCases {
  /** The number of relays in the graph: the size of a search. */
  readonly relays: number;
  route(
    query: {
      from: string;
      to: string;
      alternates: number;
      explain: boolean;
      /** A relay to leave out, as if it had died. */
      without?: string | undefined;
      /** A machine to leave out, with all of its relays. */
      without_host?: string | undefined;
    },
  ): Answered<typeof answers.routeAnswer>;
  nextHops(relay: string): Answered<typeof answers.nextHopsAnswer>;
  /** The graph, and the revision at which it last changed. */
  graph(): Promise<{ modified: number; graph: z.output<typeof answers.graphAnswer> }>;
  /** Resolves when the graph has changed after `revision`, or after `seconds`. */
  graphBeyond(revision: number, seconds: number): Promise<void>;
  assign(query: AssignQuery): Answered<typeof answers.assignAnswer>;
}

/** The query of a client that asks for a relay. */
export interface AssignQuery {
  readonly region?: string | undefined;
  readonly track?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  /** The relay that the client is to leave: one of the same host is preferred. */
  readonly instead_of?: string | undefined;
  /** Identifies the client, to spread clients over equal relays. */
  readonly client: string;
}

/** Use cases about the directory: announce, withdraw, list, look up. */
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

/** A page of a list: up to `limit` after an id or a name. */
export interface PageQuery {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What is to be revoked. */
export interface RevokeOrder extends AccessTarget {
  readonly reason?: string | undefined;
  /** A date; absent: after the default life. */
  readonly expires_at?: string | undefined;
}

/** What is to be cut. */
export interface KickOrder extends AccessTarget {
  /** At this relay alone. */
  readonly relay?: string | undefined;
  readonly reason?: string | undefined;
}

/** A kick, which relays can tell from one that they heard before. */
export interface Kick extends KickOrder {
  readonly id: string;
}

/** Use cases about access; `by` names who asks. */
export interface AccessUseCases {
  revoke(order: RevokeOrder, by: string): Answered<typeof access.revokedAnswer>;
  unrevoke(id: string, by: string): Answered<typeof access.unrevokedAnswer>;
  revocations(query: PageQuery): Answered<typeof access.revocationsAnswer>;
  setPolicy(
    tenant: string,
    terms: PolicyTerms,
    by: string,
  ): Answered<typeof access.onePolicyAnswer>;
  deletePolicy(tenant: string, by: string): Answered<typeof access.policyDeletedAnswer>;
  policy(tenant: string): Answered<typeof access.onePolicyAnswer>;
  policies(query: PageQuery): Answered<typeof access.policiesAnswer>;
  kick(order: KickOrder, by: string): Answered<typeof access.kickAnswer>;
}

/** What a watcher subscribes to. */
export interface WatchScope {
  readonly graph: boolean;
  readonly announces: boolean;
  /** Whether to include the tracks on each link. */
  readonly flows: boolean;
  /** Whether to tell revocations, policies and kicks. */
  readonly access: boolean;
  /** The relays whose next hops are watched. */
  readonly routes: readonly string[];
}

/** One event for a watcher. */
export interface WatchEvent {
  /** The revision to resume from after this event; absent within a snapshot. */
  readonly id?: number;
  readonly event: string;
  /** JSON text. */
  readonly data: string;
}

/** What a watcher subscribes to, and the revision to resume from. */
export interface WatchQuery {
  readonly since?: number | undefined;
  readonly scope: WatchScope;
  /** Follows only the announces that these are about; they can change. */
  readonly interest?: InterestQuery;
  /** Identifies the client, so that one with many watchers does not keep others waiting. */
  readonly client: string;
  /** Called when there may be events for a watcher that was given none. */
  readonly onNews: () => void;
}

/** The announces that a watcher follows, in place of all. */
export interface InterestQuery {
  /** The name under which the watcher changes its interests. */
  readonly id: string;
  readonly interests: readonly Interest[];
  /** Follows all announces if there are not more than these; 0: never. */
  readonly allUpTo: number;
}

/** A change of a watcher's interests. */
export interface InterestChange {
  /** Told in the event after which the watcher knows all that the change adds. */
  readonly number: number;
  readonly add: readonly Interest[];
  readonly drop: readonly Interest[];
}

/** The events for one watcher, which takes them when it has room. */
export interface WatchFeed {
  /** Whether nothing comes any more. */
  readonly isOver: boolean;
  /**
   * The next events; none while there is nothing new. Watchers at the same place are given the same
   * list, so that they can share what is made of it.
   */
  take(): readonly WatchEvent[];
  /** Says up to where a quiet watcher has everything; none where its events say so themselves. */
  place(): readonly WatchEvent[];
  /** Changes the interests of a watcher that has some; changes nothing where it is refused. */
  revise(change: InterestChange): Outcome<void, Refusal>;
  /** Must be called when the watcher leaves. */
  close(): void;
}

/** Watching for changes. */
export interface WatchUseCases {
  /** A snapshot and changes, or changes after `since` alone; ends when that history was evicted. */
  watch(query: WatchQuery): Outcome<WatchFeed, Refusal>;
}

/** Listing past events. */
export interface EventUseCases {
  events(
    query: { since?: number | undefined; limit: number },
  ): Answered<typeof answers.eventsAnswer>;
}

/** Past values. */
export interface HistoryUseCases {
  history(subject: HistorySubject): Answered<typeof answers.historyAnswer>;
}

/** Health and metrics of the controller. */
export interface OperationUseCases {
  health(): z.output<typeof answers.healthAnswer>;
  metrics(): Promise<string>;
}
