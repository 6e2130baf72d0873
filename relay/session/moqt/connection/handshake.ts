import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { SetupOptions } from "@qumo/shared/wire";
import type { Refusal, Scope } from "../../../track/mod.ts";
import type { SessionSettings } from "../../settings.ts";
import type { PeerAccess } from "./access.ts";
import type { RequestMessage } from "../context.ts";
import { isRelay, relaySettings } from "./relay_peer.ts";
import type { MoqtSessionOptions } from "../session_options.ts";
import { SessionScopes } from "./session_scopes.ts";

/**
 * What both sides say of themselves in SETUP, and what follows from it: which names the peer sees, and
 * how much it may do.
 */
export class Introduction {
  readonly #options: MoqtSessionOptions;
  readonly #access: PeerAccess;
  readonly #scopes: SessionScopes;
  #settings: SessionSettings;
  #peer: SetupOptions | undefined;
  #scope: Scope | undefined;

  constructor(options: MoqtSessionOptions, access: PeerAccess) {
    this.#options = options;
    this.#access = access;
    this.#scopes = new SessionScopes(options.registry);
    this.#settings = options.settings;
  }

  /** What the peer said; undefined before it did. */
  get peer(): SetupOptions | undefined {
    return this.#peer;
  }

  /** The names that the peer sees; undefined before it said anything. */
  get scope(): Scope | undefined {
    return this.#scope;
  }

  /** The session's settings, which are others for another relay. */
  get settings(): SessionSettings {
    return this.#settings;
  }

  /** Whether the peer said that it is another relay. */
  get isWithRelay(): boolean {
    return this.#peer !== undefined && isRelay(this.#peer);
  }

  /** What we say. */
  own(): Partial<SetupOptions> {
    const { relayName, link, connection } = this.#options;
    return {
      ...(relayName !== undefined && { relayName, takesCuts: true }),
      // On WebTransport the request carried them.
      ...(link !== undefined && connection.path === undefined &&
        { path: link.path, authority: link.authority }),
    };
  }

  /** The peer's SETUP came. */
  receive(peer: SetupOptions): void {
    const { connection, draft, log, settings, scopeOf } = this.#options;
    const path = connection.path ?? peer.path ?? "";
    const authority = connection.authority ?? peer.authority ?? "";
    this.#access.setUp(path, peer);
    this.#scope = this.#scopes.enter(scopeOf(path, authority));
    this.#peer = peer;
    if (isRelay(peer)) this.#settings = relaySettings(settings);
    log.info("session started", {
      transport: connection.transport,
      protocol: draft.protocol,
      peer: connection.remoteAddress,
      // A query may hold a token.
      path: path.split("?")[0],
      implementation: peer.implementation,
      ...(peer.relayName !== undefined && { relay: peer.relayName }),
    });
  }

  /** The names that a request is about. */
  scopeOf({ parameters }: RequestMessage): Outcome<Scope, Refusal> {
    if (parameters.meshScope === undefined) return done(this.#scope!);
    const scope = this.#scopes.enter(parameters.meshScope);
    return scope === undefined ? refused(TOO_MANY_SCOPES) : done(scope);
  }

  /** The session ended. */
  leave(): void {
    this.#scopes.leave();
  }
}

const TOO_MANY_SCOPES: Refusal = { kind: "excessive_load", reason: "too many scopes" };
