import type { Outcome } from "@qumo/shared/runtime";
import type { ControlMessage, FullTrackName, Namespace, Token } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { MAX_AUTH_TOKEN_CACHE_BYTES } from "../../limits.ts";
import type { AuthorizationRequest, Authorizer } from "../../settings.ts";
import { type ResolvedToken, TokenCache } from "./token_cache.ts";

/** Authorizes the actions of one peer by its tokens. */
export class PeerAccess {
  readonly #authorizer: Authorizer;
  readonly #path: string;
  readonly #tokens = new TokenCache(MAX_AUTH_TOKEN_CACHE_BYTES);
  readonly #setupTokens: readonly ResolvedToken[];

  /** `path` is what the peer connected to, `setupTokens` are those of its SETUP. */
  constructor(authorizer: Authorizer, path: string, setupTokens: readonly Token[]) {
    this.#authorizer = authorizer;
    this.#path = path;
    this.#setupTokens = this.#tokens.resolveSetup(setupTokens);
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
    name: { readonly namespace: Namespace; readonly track?: FullTrackName },
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<void, Refusal>> {
    const own = this.#tokens.resolve(tokens);
    return await this.#authorizer({
      action,
      path: this.#path,
      namespace: name.namespace,
      track: name.track,
      tokens: [...this.#setupTokens, ...own],
    });
  }
}
