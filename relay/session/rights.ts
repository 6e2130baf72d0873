import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../track/mod.ts";
import type { SessionMetrics } from "./metrics.ts";
import type { SessionLimits } from "./settings.ts";

/** A token with its value. */
export interface ShownToken {
  readonly type: bigint;
  readonly value: Uint8Array;
}

/** What a peer shows when it comes. */
export interface Credentials {
  /** The number of its session. */
  readonly session: number;
  /** Path and query of its connection. */
  readonly path: string;
  /** The tokens of its SETUP. */
  readonly tokens: readonly ShownToken[];
  readonly remoteAddress: string;
  readonly protocol: string;
  /** The relay of the mesh that it says it is; undefined for everybody else. */
  readonly relayName: string | undefined;
}

/** Decides who may come in. */
export interface Gate {
  /** The rights of a peer, or why it may not come in. */
  admit(peer: Credentials): Promise<Outcome<Rights, Refusal>>;
}

/** What is shown on a link to be let in. */
export interface LinkToken {
  /** Whether it is shown in the path too, where relays of other programs look for it. */
  readonly isInPath: boolean;
  /** The token to come with; undefined: there is none. Never rejects. */
  first(): Promise<string | undefined>;
  /** Another one when that will be over soon; undefined: not yet. Never rejects. */
  next(): Promise<string | undefined>;
}

/** An action of a peer, for authorization. */
export interface AuthorizationRequest {
  readonly action:
    | "subscribe"
    | "fetch"
    | "track_status"
    | "publish"
    | "publish_namespace"
    | "subscribe_namespace"
    | "subscribe_tracks";
  readonly namespace: Namespace;
  readonly track?: FullTrackName | undefined;
  /** The path of the scope that a relay asks for; absent: the one of its connection. */
  readonly scope?: string | undefined;
  /** The tokens of the request, beside those that the peer came with. */
  readonly tokens: readonly ShownToken[];
}

/** What is counted of a peer that its tenant may have a quota of. */
export type Measurable = Pick<SessionMetrics, "received" | "sent">;

/** What one peer may do, until its session ends. */
export interface Rights {
  /** Whether it is believed what it tells of other relays: paths, and what they cost. */
  readonly isRelay: boolean;
  /** For logs: whose rights they are. */
  readonly holder: Readonly<Record<string, string | undefined>>;
  /** Counters for the peer, by which what it uses is known too, with the tracks that it says. */
  measured<Counts extends Measurable>(counts: Counts, tracks: () => number): Counts;
  /** The limits of the session, as far as its tokens lower them. */
  limitsOf(configured: SessionLimits): SessionLimits;
  /** Whether the peer may do something; what it may do it may do until its permit says otherwise. */
  authorize(request: AuthorizationRequest): Promise<Outcome<Permit, Refusal>>;
  /** Shows further tokens, by which the session may go on for longer. */
  renew(tokens: readonly ShownToken[]): Promise<Outcome<void, Refusal>>;
  /** Calls once when nothing is left that the peer may do. */
  onLost(tell: (refusal: Refusal) => void): void;
  /** The session ended. */
  close(): void;
}

/** What allows one request for as long as it lasts. */
export interface Permit {
  /** Whether the request may be told that a namespace exists. */
  shows(namespace: Namespace): boolean;
  /** A permit for a track that comes by the request; undefined when the peer may not have it. */
  offers(track: FullTrackName): Permit | undefined;
  /** Calls once when the request is no longer allowed. */
  onLost(tell: (refusal: Refusal) => void): void;
  /** Calls when the request may be told of other namespaces than before. */
  onChange(tell: () => void): void;
  /** Shows further tokens, by which the request may go on for longer. */
  renew(tokens: readonly ShownToken[]): Promise<Outcome<void, Refusal>>;
  /** The request ended. */
  release(): void;
}

// Nothing ends it.
const LASTING: Permit = {
  shows: () => true,
  offers: () => LASTING,
  onLost: () => {},
  onChange: () => {},
  renew: () => Promise.resolve(done(undefined)),
  release: () => {},
};

const EVERYTHING: Rights = {
  isRelay: true,
  holder: {},
  measured: (counts) => counts,
  limitsOf: (configured) => configured,
  authorize: () => Promise.resolve(done(LASTING)),
  renew: () => Promise.resolve(done(undefined)),
  onLost: () => {},
  close: () => {},
};

/** Lets everybody do everything, and believes who says that it is a relay. */
export const openGate: Gate = { admit: () => Promise.resolve(done(EVERYTHING)) };

const NOT_PROVED: Refusal = {
  kind: "unauthorized",
  reason: "the peer says that it is a relay, and does not prove it",
};

/** Lets everybody do everything, and believes nobody that it is a relay. */
export const clientGate: Gate = {
  admit: ({ relayName }) =>
    Promise.resolve(
      relayName === undefined ? done({ ...EVERYTHING, isRelay: false }) : refused(NOT_PROVED),
    ),
};
