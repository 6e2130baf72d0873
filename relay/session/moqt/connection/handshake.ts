import type { Draft, SetupOptions } from "@qumo/shared/wire";
import type { Scope } from "../../../track/mod.ts";
import { SessionError } from "../../errors.ts";
import type { FirstStreams } from "../../first_streams.ts";
import { MAX_FILTER_RANGES } from "../../limits.ts";
import type { SessionOptions } from "../../session_options.ts";
import type { SessionSettings } from "../../settings.ts";
import { clusterOption } from "./cluster.ts";
import { PeerAccess } from "./access.ts";
import type { SessionCloser } from "../../connection/session_closer.ts";
import type { Control } from "./control.ts";
import { isRelay, relaySettings } from "./relay_peer.ts";
import type { SessionScopes } from "./session_scopes.ts";

/** The result of a successful handshake. */
export interface HandshakeResult {
  /** The options of the peer's SETUP. */
  readonly peer: SetupOptions;
  readonly access: PeerAccess;
  /** The session's settings, which differ for another relay. */
  readonly settings: SessionSettings;
  /** The scope that the peer sees. */
  readonly scope: Scope;
}

/** The dependencies of {@linkcode performHandshake}. */
export interface HandshakeParts {
  readonly control: Control;
  /** The peer's streams; those that arrive before its SETUP stay queued. */
  readonly streams: FirstStreams;
  readonly scopes: SessionScopes;
  readonly closer: SessionCloser;
}

type Options = SessionOptions & { readonly draft: Draft };

/**
 * Sends SETUP and waits for the peer's, with a time limit. Undefined when the connection ended
 * before, or when the peer was refused and the connection closed.
 */
export async function performHandshake(
  options: Options,
  { control, streams, scopes, closer }: HandshakeParts,
): Promise<HandshakeResult | undefined> {
  const { clock, settings, connection } = options;
  control.begin(ownSetup(options), streams);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const deadline = clock.after(settings.setupTimeoutMs, () => reject(noSetup()));
  const over = connection.closed.then(() => undefined);
  try {
    const peer = await Promise.race([control.peerSetup, over, late]);
    if (peer === undefined) return undefined;
    const result = resultOf(options, peer, scopes);
    const allowed = await result.access.authorize("setup", { namespace: [] }, undefined);
    if (allowed.ok) return result;
    closer.close("unauthorized", allowed.refusal.reason, "unauthorized");
    return undefined;
  } finally {
    deadline.cancel();
  }
}

/** The options of our SETUP. */
function ownSetup({ relayName, link, connection, hop, draft, settings }: Options): SetupOptions {
  return {
    ...clusterOption(draft, { hop, cost: settings.cost }),
    ...(draft.allows?.rangeFilters && { maxFilterRanges: BigInt(MAX_FILTER_RANGES) }),
    ...(relayName !== undefined && { relayName, takesCuts: true }),
    // On WebTransport the request carries path and authority.
    ...(link !== undefined && connection.path === undefined &&
      { path: link.path, authority: link.authority }),
  };
}

function resultOf(options: Options, peer: SetupOptions, scopes: SessionScopes): HandshakeResult {
  const { connection, draft, log, settings, scopeOf, authorizer } = options;
  const path = connection.path ?? peer.path ?? "";
  const authority = connection.authority ?? peer.authority ?? "";
  const access = new PeerAccess(authorizer, path, peer.authorizationTokens ?? []);
  const scope = scopes.enter(scopeOf(path, authority))!;
  log.info("session started", {
    transport: connection.transport,
    protocol: draft.protocol,
    peer: connection.remoteAddress,
    // A query may contain a token.
    path: path.split("?")[0],
    implementation: peer.implementation,
    ...(peer.relayName !== undefined && { relay: peer.relayName }),
  });
  return { peer, access, scope, settings: isRelay(peer) ? relaySettings(settings) : settings };
}

function noSetup(): SessionError {
  return new SessionError("control_message_timeout", "no SETUP in time");
}
