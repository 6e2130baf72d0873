import { isAssigned, type Outcome } from "@qumo/shared/runtime";
import type { Draft, SetupOptions } from "@qumo/shared/wire";
import type { Refusal, Scope } from "../../../track/mod.ts";
import { MAX_FILTER_RANGES } from "../../limits.ts";
import type { SessionOptions } from "../../session_options.ts";
import type { SessionSettings } from "../../settings.ts";
import { clusterOption } from "./cluster.ts";
import { PeerAccess } from "./access.ts";
import { pathWithToken, shownToken } from "../../connection/shown_token.ts";
import { sayStarted } from "../../connection/say_started.ts";
import type { Rights } from "../../rights.ts";
import type { TokenCache } from "./token_cache.ts";
import { isRelay, relaySettings } from "./relay_peer.ts";
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
  /** Whether a controller assigned the peer to this relay. */
  readonly isAssigned: boolean;
}

type Options = SessionOptions & { readonly draft: Draft };

/** The options of our SETUP, with the token by which a relay may ask for who calls it. */
export function ownSetup(
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
export function admit(
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

/** Enters the scope of a peer that came in, and says so. */
export function enter(
  options: Options,
  peer: SetupOptions,
  { scopes, tokens, rights }: {
    readonly scopes: SessionScopes;
    readonly tokens: TokenCache;
    readonly rights: Rights;
  },
): HandshakeResult {
  const { connection, draft, settings: common, scopeOf } = options;
  const path = pathOf(connection, peer);
  const authority = connection.authority ?? peer.authority ?? "";
  const scope = scopes.enter(scopeOf(path, authority))!;
  sayStarted(options, {
    protocol: draft.protocol,
    path,
    holder: rights.holder,
    implementation: peer.implementation,
    ...(peer.relayName !== undefined && { relay: peer.relayName }),
  });
  const settings = { ...common, limits: rights.limitsOf(common.limits) };
  return {
    peer,
    access: new PeerAccess(rights, tokens),
    rights,
    scope,
    isAssigned: isAssigned(path),
    settings: isRelay(peer) ? relaySettings(settings) : settings,
  };
}

function pathOf(connection: Options["connection"], peer: SetupOptions): string {
  return connection.path ?? peer.path ?? "";
}
