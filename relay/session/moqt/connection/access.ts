import { done, type Outcome } from "@qumo/shared/runtime";
import type { ControlMessage, FullTrackName, Namespace, Token } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { AuthorizationRequest, Permit, Rights } from "../../rights.ts";
import type { TokenCache } from "./token_cache.ts";

/** What allows one request, which may show further tokens by their aliases. */
export interface RequestPermit extends Omit<Permit, "renew" | "offers"> {
  offers(track: FullTrackName): RequestPermit | undefined;
  renew(tokens: readonly Token[] | undefined): Promise<Outcome<void, Refusal>>;
}

/** What a request is about. */
export interface RequestedName {
  readonly namespace: Namespace;
  readonly track?: FullTrackName;
  /** The scope that another relay asks for; absent: the session's. */
  readonly scope?: string | undefined;
}

/** Authorizes the actions of one peer by its tokens. */
export class PeerAccess {
  readonly #rights: Pick<Rights, "authorize" | "renew">;
  readonly #tokens: TokenCache;

  /** `tokens` has what the peer registered in its SETUP. */
  constructor(rights: Pick<Rights, "authorize" | "renew">, tokens: TokenCache) {
    this.#rights = rights;
    this.#tokens = tokens;
  }

  /**
   * Registers the token aliases of a message, even of one that is refused (#authorization-token).
   */
  register(message: ControlMessage): void {
    if ("parameters" in message && "authorizationTokens" in message.parameters) {
      this.#tokens.resolve(message.parameters.authorizationTokens);
    }
  }

  /** Whether the peer may do this, with these tokens in addition to those of its SETUP. */
  async authorize(
    action: AuthorizationRequest["action"],
    name: RequestedName,
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<RequestPermit, Refusal>> {
    const own = this.#tokens.resolve(tokens);
    const allowed = await this.#rights.authorize({ action, ...name, tokens: own });
    return allowed.ok ? done(new AliasingPermit(allowed.value, this.#tokens)) : allowed;
  }

  /** Takes further tokens for the session as a whole. */
  renew(tokens: readonly Token[] | undefined): Promise<Outcome<void, Refusal>> {
    return this.#rights.renew(this.#tokens.resolve(tokens));
  }
}

class AliasingPermit implements RequestPermit {
  readonly #permit: Permit;
  readonly #tokens: TokenCache;

  constructor(permit: Permit, tokens: TokenCache) {
    this.#permit = permit;
    this.#tokens = tokens;
  }

  shows(namespace: Namespace): boolean {
    return this.#permit.shows(namespace);
  }

  offers(track: FullTrackName): RequestPermit | undefined {
    const offered = this.#permit.offers(track);
    return offered && new AliasingPermit(offered, this.#tokens);
  }

  onLost(tell: (refusal: Refusal) => void): void {
    this.#permit.onLost(tell);
  }

  onChange(tell: () => void): void {
    this.#permit.onChange(tell);
  }

  release(): void {
    this.#permit.release();
  }

  renew(tokens: readonly Token[] | undefined): Promise<Outcome<void, Refusal>> {
    return this.#permit.renew(this.#tokens.resolve(tokens));
  }
}
