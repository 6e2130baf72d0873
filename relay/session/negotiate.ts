import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Draft, draftOf, drafts } from "@qumo/shared/wire";
import type { Connection } from "../transport/types.ts";
import type { StreamSource } from "./first_streams.ts";
import { findInBand, type NegotiationRefusal, type NegotiationTime } from "./in_band.ts";
import { MoqtSession } from "./moqt/session.ts";
import type { Session } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

export type { NegotiationRefusal } from "./in_band.ts";

/** A protocol that is spoken here. */
export interface Dialect {
  /** Its ALPN token and WebTransport protocol. */
  readonly protocol: string;
  /** Begins a session over a connection on which it is spoken. */
  begin(options: SessionOptions): Session;
}

/** What a peer wants to speak. */
export interface Negotiated {
  readonly dialect: Dialect;
  /** The peer's streams from the first on, where some were looked at; else the connection's. */
  readonly streams?: StreamSource;
}

/** What peers may choose from when they connect, the preferred one first. */
export const protocols: readonly string[] = drafts.map(({ protocol }) => protocol);

// A request between relays has a stream of its own: that is where its parameters have their place.
const linkDrafts = drafts.filter(({ family }) => family === "B");

/** What a relay offers when it calls another one. */
export const linkProtocols: readonly string[] = linkDrafts.map(({ protocol }) => protocol);

/** What is spoken with a relay that was called, on a connection that chose this protocol. */
export function linkDialect(protocol: string | undefined): Dialect {
  return moqt(draftOf(protocol) ?? linkDrafts[0]!);
}

/** The dialect that a connection chose when it was made. */
export function dialectOf(protocol: string): Outcome<Negotiated, NegotiationRefusal> {
  const draft = draftOf(protocol);
  return draft === undefined ? refused(UNKNOWN) : done({ dialect: moqt(draft) });
}

/**
 * Learns what a client speaks that chose no protocol when it connected. Never rejects; undefined when
 * the connection ended before that was known.
 */
export async function negotiate(
  connection: Connection,
  time: NegotiationTime,
): Promise<Outcome<Negotiated, NegotiationRefusal> | undefined> {
  const found = await findInBand(connection, time);
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
