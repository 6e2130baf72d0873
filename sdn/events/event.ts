/**
 * The kinds of events that operators can list. `words` is the log message, `tell` the sentence of
 * the API and the dashboard.
 */
export const EVENTS = {
  controller_started: {
    level: "info",
    words: "controller started",
    tell: ({ detail }) => `The controller started${tail(detail)}`,
  },
  relay_registered: {
    level: "info",
    words: "relay registered",
    tell: ({ relay, detail }) => `${relay} registered${tail(detail)}`,
  },
  relay_restarted: {
    level: "info",
    words: "relay restarted",
    tell: ({ relay }) => `${relay} registered again after a restart`,
  },
  relay_changed: {
    level: "info",
    words: "relay changed",
    tell: ({ relay, detail }) => `${relay} changed${tail(detail)}`,
  },
  relay_deregistered: {
    level: "info",
    words: "relay deregistered",
    tell: ({ relay }) => `${relay} deregistered: it shut down normally`,
  },
  relay_revoked: {
    level: "warn",
    words: "relay revoked",
    tell: ({ relay }) =>
      `${relay} is revoked: its registration and what it announced are removed, and its heartbeats refused`,
  },
  relay_expired: {
    level: "warn",
    words: "relay expired",
    tell: ({ relay, detail }) => `${relay} expired${tail(detail)}`,
  },
  relay_fenced: {
    level: "warn",
    words: "relay fenced",
    tell: ({ relay }) => `${relay}: an older process of that name was refused`,
  },
  relay_unreachable: {
    level: "warn",
    words: "relay unreachable",
    tell: ({ relay, by }) => `${relay} is unreachable: no neighbor reaches it (says ${by})`,
  },
  relay_reachable: {
    level: "info",
    words: "relay reachable",
    tell: ({ relay }) => `${relay} is reachable again`,
  },
  link_declared: {
    level: "info",
    words: "link declared",
    tell: ({ relay, neighbor }) => `${relay} declares a link to ${neighbor}`,
  },
  link_removed: {
    level: "info",
    words: "link removed",
    tell: ({ relay, neighbor }) => `${relay} no longer declares a link to ${neighbor}`,
  },
  link_cost: {
    level: "info",
    words: "link cost changed",
    tell: ({ relay, neighbor, detail }) => `${relay} to ${neighbor} costs ${detail}`,
  },
  link_down: {
    level: "warn",
    words: "link down",
    tell: ({ relay, neighbor }) => `${relay} says its link to ${neighbor} is down`,
  },
  link_up: {
    level: "info",
    words: "link up",
    tell: ({ relay, neighbor }) => `${relay} says its link to ${neighbor} is up`,
  },
  drain_ordered: {
    level: "info",
    words: "drain ordered",
    tell: ({ relay, by }) => `${relay} was told to drain by ${by}`,
  },
  drain_lifted: {
    level: "info",
    words: "drain lifted",
    tell: ({ relay, by }) => `The drain of ${relay} was cancelled by ${by}`,
  },
  relay_draining: {
    level: "info",
    words: "relay draining",
    tell: ({ relay }) => `${relay} drains: it takes no new clients and stops`,
  },
  relay_serving: {
    level: "info",
    words: "relay serving",
    tell: ({ relay }) => `${relay} takes traffic again`,
  },
  announces_changed: {
    level: "info",
    words: "announces changed",
    tell: ({ relay, count, detail }) =>
      `${relay} announces ${count} ${count === 1 ? "name" : "names"} ${detail}`,
  },
  announced: {
    level: "debug",
    words: "announced",
    tell: ({ relay, detail }) => `${relay} announces ${detail}`,
  },
  withdrawn: {
    level: "debug",
    words: "withdrawn",
    tell: ({ relay, detail }) => `${relay} no longer announces ${detail}`,
  },
  revoked: {
    level: "warn",
    words: "revoked",
    tell: ({ by, detail }) => `${by} revoked ${detail}`,
  },
  unrevoked: {
    level: "info",
    words: "revocation taken back",
    tell: ({ by, detail }) => `${by} took the revocation back of ${detail}`,
  },
  policy_set: {
    level: "info",
    words: "policy set",
    tell: ({ by, detail }) => `${by} set the policy of the tenant ${detail}`,
  },
  policy_deleted: {
    level: "info",
    words: "policy deleted",
    tell: ({ by, detail }) => `${by} deleted the policy of the tenant ${detail}`,
  },
  kicked: {
    level: "warn",
    words: "kicked",
    tell: ({ by, count, detail }) =>
      `${by} cut ${detail} at ${count} ${count === 1 ? "relay" : "relays"}`,
  },
  store_lost: {
    level: "error",
    words: "store lost",
    tell: ({ detail }) => `The store does not accept writes${tail(detail)}`,
  },
  store_back: {
    level: "info",
    words: "store back",
    tell: () => "The store accepts writes again",
  },
  peer_lost: {
    level: "warn",
    words: "peer lost",
    tell: ({ peer, detail }) => `The controller ${peer} cannot be reached${tail(detail)}`,
  },
  peer_back: {
    level: "info",
    words: "peer back",
    tell: ({ peer }) => `The controller ${peer} is up to date`,
  },
  tokens_refused: {
    level: "warn",
    words: "tokens refused",
    tell: ({ count, by, detail }) =>
      `${count === 1 ? "A request was" : `${count} requests were`} refused for the token, ` +
      `last from ${by}${tail(detail)}`,
  },
  limits_reached: {
    level: "warn",
    words: "limit reached",
    tell: ({ count, by, detail }) =>
      `${count === 1 ? "A request was" : `${count} requests were`} refused at a limit, ` +
      `last from ${by}${tail(detail)}`,
  },
  events_left_out: {
    level: "warn",
    words: "events left out",
    tell: ({ relay, count }) => `${count} more events of ${relay} are left out: there are too many`,
  },
} as const satisfies Record<string, EventForm>;

/** One of the {@linkcode EVENTS}. */
export type EventKind = keyof typeof EVENTS;

/** The variable parts of an event; which of them are present depends on the kind. */
export interface EventFields {
  /** The relay that the event is about, or that reported it. */
  readonly relay?: string;
  /** The other end of the relay's link. */
  readonly neighbor?: string;
  /** A peer controller. */
  readonly peer?: string;
  /** The person, client or controller that caused it or reported it. */
  readonly by?: string;
  readonly count?: number;
  readonly detail?: string;
}

/** One event; the log, the API and the dashboard show the same. */
export interface SdnEvent extends EventFields {
  /** Greater than the id of every earlier event, across restarts too. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly kind: EventKind;
}

interface EventForm {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly words: string;
  readonly tell: (event: EventFields) => string;
}

/** An event as an English sentence. */
export function sentence(event: SdnEvent): string {
  return EVENTS[event.kind].tell(event);
}

function tail(detail: string | undefined): string {
  return detail === undefined || detail === "" ? "" : `: ${detail}`;
}
