import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Draft, draftOf, drafts } from "@qumo/shared/wire";
import type { Connection } from "../transport/types.ts";
import type { StreamSource } from "./first_streams.ts";
import { findInBand, type NegotiationRefusal, type NegotiationTerms } from "./in_band.ts";
import { MoqtSession } from "./moqt/session.ts";
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

/** The supported protocols, in order of preference. */
export const protocols: readonly string[] = drafts.map(({ protocol }) => protocol);

// Links need a stream per request, where the mesh parameters are defined.
const linkDrafts = drafts.filter(({ family }) => family === "B");

/** The protocols that a relay offers when it dials another one. */
export const linkProtocols: readonly string[] = linkDrafts.map(({ protocol }) => protocol);

/** The dialect of an outgoing link by the negotiated protocol. */
export function linkDialect(protocol: string | undefined): Dialect {
  return moqt(draftOf(protocol) ?? linkDrafts[0]!);
}

/** The dialect of a negotiated protocol. */
export function dialectOf(protocol: string): Outcome<Negotiated, NegotiationRefusal> {
  const draft = draftOf(protocol);
  return draft === undefined ? refused(UNKNOWN) : done({ dialect: moqt(draft) });
}

/**
 * Negotiates in band with a client that offered no protocol. Never rejects; undefined when the
 * connection ended before.
 */
export async function negotiate(
  connection: Connection,
  time: Omit<NegotiationTerms, "drafts">,
): Promise<Outcome<Negotiated, NegotiationRefusal> | undefined> {
  const found = await findInBand(connection, { drafts, ...time });
  if (found === undefined || !found.ok) return found;
  const { draft, streams } = found.value;
  return done({ dialect: moqt(draft), streams });
}

function moqt(draft: Draft): Dialect {
  return { protocol: draft.protocol, begin: (options) => new MoqtSession(options, draft) };
}

const UNKNOWN: NegotiationRefusal = {
  code: drafts[0]!.sessionCodes.version_negotiation_failed,
  reason: "unknown protocol",
};
