import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  commonDraft,
  type Draft,
  drafts,
  type LiteVersion,
  liteVersions,
  multiplexedDrafts,
} from "@qumo/shared/wire";
import type { Connection } from "../transport/types.ts";
import type { StreamSource } from "./first_streams.ts";
import { findInBand, type NegotiationRefusal, type NegotiationTerms } from "./in_band.ts";
import { liteSession } from "./lite/session.ts";
import { moqtSession } from "./moqt/session.ts";
import type { Session } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

export type { NegotiationRefusal } from "./in_band.ts";

/** A supported protocol version. */
export interface Dialect {
  /** Its ALPN token and WebTransport protocol. */
  readonly protocol: string;
  /** Creates a session over a connection that negotiated it. */
  begin(options: SessionOptions): Session;
}

/** The result of version negotiation. */
export interface Negotiated {
  readonly dialect: Dialect;
  /** The peer's streams, including inspected ones; absent: the connection's. */
  readonly streams?: StreamSource;
}

// Drafts of the IETF, the newest first.
const SPOKEN: readonly Draft[] = [...drafts, ...multiplexedDrafts]
  .toSorted((one, other) => other.number - one.number);

const DIALECTS: readonly Dialect[] = [
  ...SPOKEN.map(moqt),
  // The versions of moq-lite come behind.
  ...liteVersions.toSorted((one, other) => other.number - one.number).map(lite),
];

/** All supported protocols, in the default order of preference. */
export const protocols: readonly string[] = DIALECTS.map(({ protocol }) => protocol);

/** In a list of protocols: all others, in the default order. */
export const ALL_OTHERS = "auto";

/** The protocols of a list in which {@linkcode ALL_OTHERS} stands for those that are not in it. */
export function listedProtocols(list: readonly string[]): readonly string[] {
  const others = protocols.filter((protocol) => !list.includes(protocol));
  return list.flatMap((item) => item === ALL_OTHERS ? others : [item]);
}

// Links of a mesh need a stream per request, and its parameters are defined in the common draft.
const linkDrafts = [commonDraft, ...drafts.filter((draft) => draft !== commonDraft)];

/** Whether a protocol is a version of moq-lite. */
export function isLite(protocol: string): boolean {
  return liteVersions.some((version) => version.protocol === protocol);
}

// Relays of other programs may have nothing else.
const linkVersions = protocols.filter(isLite);

/** The protocols of links, in order of preference. */
export const linkProtocols: readonly string[] = [
  ...linkDrafts.map(({ protocol }) => protocol),
  ...linkVersions,
];

/**
 * The protocols that a relay offers when it dials another one, in turn, because of several in one
 * offer the called side would choose; `own` in place of all.
 */
export function linkOffers(own?: readonly string[]): readonly (readonly string[])[] {
  const list = own ?? linkProtocols.slice(0, linkDrafts.length);
  const offers = [list.slice(0, 1), list.slice(1), own === undefined ? linkVersions : []];
  return offers.filter(({ length }) => length > 0);
}

/** The dialect of an outgoing link by the negotiated protocol. */
export function linkDialect(protocol: string | undefined): Dialect {
  return DIALECTS.find((one) => one.protocol === protocol) ?? moqt(commonDraft);
}

/** The dialect of a negotiated protocol. */
export function dialectOf(protocol: string): Outcome<Negotiated, NegotiationRefusal> {
  const dialect = DIALECTS.find((one) => one.protocol === protocol);
  return dialect === undefined ? refused(UNKNOWN) : done({ dialect });
}

/**
 * Negotiates in band with a client that offered no protocol. Never rejects; undefined when the
 * connection ended before.
 */
export async function negotiate(
  connection: Connection,
  options: Omit<NegotiationTerms, "drafts">,
): Promise<Outcome<Negotiated, NegotiationRefusal> | undefined> {
  const enabled = options.protocols
    .map((protocol) => SPOKEN.find((draft) => draft.protocol === protocol))
    .filter((draft) => draft !== undefined);
  const found = await findInBand(connection, { ...options, drafts: enabled });
  if (found === undefined || !found.ok) return found;
  const { draft, streams } = found.value;
  return done({ dialect: moqt(draft), streams });
}

function moqt(draft: Draft): Dialect {
  return { protocol: draft.protocol, begin: (options) => moqtSession(options, draft) };
}

function lite(version: LiteVersion): Dialect {
  return { protocol: version.protocol, begin: (options) => liteSession(options, version) };
}

const UNKNOWN: NegotiationRefusal = {
  kind: "protocol",
  code: commonDraft.sessionCodes.version_negotiation_failed,
  reason: "unknown protocol",
};
