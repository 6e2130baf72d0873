import type { Token } from "@qumo/shared/wire";
import { SessionError, violation } from "../../errors.ts";
import type { ShownToken } from "../../rights.ts";

/** Cost of an alias beside the token's bytes (#max-auth-token-cache-size). */
const ALIAS_BYTES = 16;

/** A peer's authorization tokens by alias (#authorization-token). */
export class TokenCache {
  readonly #limit: number;
  readonly #tokens = new Map<bigint, ShownToken>();
  // Each message's tokens take effect once, however often they are resolved. Few peers show any.
  #resolved: WeakMap<readonly Token[], ShownToken[]> | undefined;
  #bytes = 0;

  /** Caches up to `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves the tokens of a SETUP; a token that exceeds the cache is used but not registered. */
  resolveSetup(tokens: readonly Token[]): ShownToken[] {
    return tokens.flatMap((token) => {
      if (token.alias === "delete" || token.alias === "use") {
        throw violation("SETUP uses a token alias that nothing registered");
      }
      const fits = token.alias === "register" &&
        this.#bytes + ALIAS_BYTES + token.value.length <= this.#limit;
      return fits ? this.#resolve(token) : [{ type: token.type, value: token.value }];
    });
  }

  /** Resolves the tokens of a message; registrations take effect even if the message is refused. */
  resolve(tokens: readonly Token[] = []): ShownToken[] {
    if (tokens.length === 0) return [];
    const known = this.#resolved?.get(tokens);
    if (known !== undefined) return known;
    const resolved = tokens.flatMap((token) => this.#resolve(token));
    this.#resolved ??= new WeakMap();
    this.#resolved.set(tokens, resolved);
    return resolved;
  }

  #resolve(token: Token): ShownToken[] {
    switch (token.alias) {
      case "none":
        return [{ type: token.type, value: token.value }];
      case "use":
        return [this.#registered(token.id)];
      case "delete":
        this.#bytes -= ALIAS_BYTES + this.#registered(token.id).value.length;
        this.#tokens.delete(token.id);
        return [];
      case "register":
        return [this.#register(token.id, { type: token.type, value: token.value })];
    }
  }

  #registered(id: bigint): ShownToken {
    const token = this.#tokens.get(id);
    if (token !== undefined) return token;
    throw new SessionError(
      "unknown_auth_token_alias",
      `Token alias ${id} is not registered`,
    );
  }

  #register(id: bigint, token: ShownToken): ShownToken {
    if (this.#tokens.has(id)) {
      throw new SessionError(
        "duplicate_auth_token_alias",
        `Token alias ${id} is registered already`,
      );
    }
    const bytes = this.#bytes + ALIAS_BYTES + token.value.length;
    if (bytes > this.#limit) {
      throw new SessionError(
        "auth_token_cache_overflow",
        `Registered tokens take more than ${this.#limit} bytes`,
      );
    }
    this.#tokens.set(id, token);
    this.#bytes = bytes;
    return token;
  }
}
