import type { Outcome } from "@qumo/shared/runtime";
import type { Draft, SetupOptions } from "@qumo/shared/wire";
import type { Refusal, Scope } from "../../../track/mod.ts";
import { SessionError } from "../../errors.ts";
import type { FirstStreams } from "../../first_streams.ts";
import { MAX_FILTER_RANGES } from "../../limits.ts";
import type { SessionOptions } from "../../session_options.ts";
import type { SessionSettings } from "../../settings.ts";
import { clusterOption } from "./cluster.ts";
import { PeerAccess } from "./access.ts";
import { MAX_AUTH_TOKEN_CACHE_BYTES } from "../../limits.ts";
import { refuseNewSession } from "../../connection/refuse_session.ts";
import { pathWithToken, shownToken } from "../../connection/shown_token.ts";
import type { Rights } from "../../rights.ts";
import { TokenCache } from "./token_cache.ts";
import type { SessionCloser } from "../../connection/session_closer.ts";
import type { Control } from "./control.ts";
import { isRelay, relaySettings, withoutMesh } from "./relay_peer.ts";
import type { SessionScopes } from "./session_scopes.ts";

/** The result of a successful handshake. */
export interface HandshakeResult {
  /** The options of the peer's SETUP. */
  readonly peer: SetupOptions;
  readonly access: PeerAccess;
  readonly rights: Rights;
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
  const { clock, settings, connection, link } = options;
  control.begin(ownSetup(options, await link?.token?.first()), streams);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const deadline = clock.after(settings.setupTimeoutMs, () => reject(noSetup()));
  const over = connection.closed.then(() => undefined);
  try {
    const said = await Promise.race([control.peerSetup, over, late]);
    if (said === undefined) return undefined;
    // To who is not told our name we are no relay, and it is none to us.
    const peer = options.relayName === undefined ? withoutMesh(said) : said;
    const tokens = new TokenCache(MAX_AUTH_TOKEN_CACHE_BYTES);
    const admitted = await admit(options, peer, tokens);
    if (admitted.ok) return resultOf(options, peer, { scopes, tokens, rights: admitted.value });
    const refused = { closer, dialect: options.draft, connection, clock };
    await refuseNewSession(refused, admitted.refusal);
    return undefined;
  } finally {
    deadline.cancel();
  }
}

/** The options of our SETUP, with the token by which a relay may ask for who calls it. */
function ownSetup(
  { relayName, link, connection, hop, draft, settings }: Options,
  token: string | undefined,
): SetupOptions {
  const path = token !== undefined && link?.token?.isInPath
    ? pathWithToken(link.path, token)
    : link?.path;
  return {
    ...(token !== undefined && { authorizationTokens: [shownToken(token)] }),
    ...clusterOption(draft, { hop, cost: settings.cost }),
    ...(draft.allows?.rangeFilters && { maxFilterRanges: BigInt(MAX_FILTER_RANGES) }),
    ...(relayName !== undefined && { relayName, takesCuts: true }),
    // On WebTransport the request carries path and authority.
    ...(path !== undefined && connection.path === undefined &&
      { path, authority: link!.authority }),
  };
}

/** Asks whether the peer may come in, with the tokens of its SETUP. */
function admit(
  { id, connection, draft, gate }: Options,
  peer: SetupOptions,
  tokens: TokenCache,
): Promise<Outcome<Rights, Refusal>> {
  return gate.admit({
    session: id,
    path: pathOf(connection, peer),
    tokens: tokens.resolveSetup(peer.authorizationTokens ?? []),
    remoteAddress: connection.remoteAddress,
    protocol: draft.protocol,
    relayName: peer.relayName,
  });
}

function resultOf(
  { connection, draft, log, settings: common, scopeOf }: Options,
  peer: SetupOptions,
  { scopes, tokens, rights }: {
    readonly scopes: SessionScopes;
    readonly tokens: TokenCache;
    readonly rights: Rights;
  },
): HandshakeResult {
  const path = pathOf(connection, peer);
  const authority = connection.authority ?? peer.authority ?? "";
  const scope = scopes.enter(scopeOf(path, authority))!;
  log.info("session started", {
    transport: connection.transport,
    protocol: draft.protocol,
    peer: connection.remoteAddress,
    // A query may contain a token.
    path: path.split("?")[0],
    implementation: peer.implementation,
    ...(peer.relayName !== undefined && { relay: peer.relayName }),
    ...rights.holder,
  });
  const settings = { ...common, limits: rights.limitsOf(common.limits) };
  return {
    peer,
    access: new PeerAccess(rights, tokens),
    rights,
    scope,
    settings: isRelay(peer) ? relaySettings(settings) : settings,
  };
}

function pathOf(connection: Options["connection"], peer: SetupOptions): string {
  return connection.path ?? peer.path ?? "";
}

function noSetup(): SessionError {
  return new SessionError("control_message_timeout", "no SETUP in time");
}
