import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { ShownToken } from "../session/rights.ts";
import { MAX_REFUSED_TOKENS, MAX_TOKEN_BYTES, MAX_TOKENS, MAX_VERIFIED_TOKENS } from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Denial, Verifier } from "./verifier.ts";

/** The type of tokens whose format both sides agreed on otherwise (#authorization-token). */
export const AGREED_TYPE = 0n;

/** The tokens of one session: those that were verified once are known, until the keys change. */
export class VerifiedTokens {
  readonly #verifier: Pick<Verifier, "verify" | "keys">;
  readonly #clock: Pick<Clock, "wall">;
  readonly #known = new Map<string, Policy>();
  #keys: unknown;
  #refused = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(verifier: Pick<Verifier, "verify" | "keys">, clock: Pick<Clock, "wall">) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** The policies of tokens of the protocol. Tokens of types that nobody here knows are ignored. */
  async ofShown(tokens: readonly ShownToken[]): Promise<Outcome<Policy[], Denial>> {
    const known = tokens.filter(({ type }) => type === AGREED_TYPE);
    if (known.some(({ value }) => value.length > MAX_TOKEN_BYTES)) return refused(TOO_LONG);
    return await this.of(known.map(({ value }) => String.fromCharCode(...value)));
  }

  /** The policies of these tokens, or why one of them is not good. */
  async of(tokens: readonly string[]): Promise<Outcome<Policy[], Denial>> {
    if (tokens.length > MAX_TOKENS) return refused(TOO_MANY);
    const policies: Policy[] = [];
    for (const token of tokens) {
      const verified = await this.#inTurn(token);
      if (!verified.ok) return verified;
      policies.push(verified.value);
    }
    return done(policies);
  }

  /**
   * One after the other, so that many requests at once cost no more signatures than one after the
   * other would.
   */
  #inTurn(token: string): Promise<Outcome<Policy, Denial>> {
    const verified = this.#turn.then(() => this.#verify(token));
    this.#turn = verified;
    return verified;
  }

  async #verify(token: string): Promise<Outcome<Policy, Denial>> {
    if (this.#keys !== this.#verifier.keys) {
      this.#known.clear();
      this.#keys = this.#verifier.keys;
    }
    const known = this.#known.get(token);
    if (known !== undefined && known.until > this.#clock.wall()) return done(known);
    if (this.#refused >= MAX_REFUSED_TOKENS) return refused(TOO_OFTEN);
    const verified = await this.#verifier.verify(token);
    if (!verified.ok) {
      this.#refused++;
      return verified;
    }
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_VERIFIED_TOKENS) this.#known.delete(oldest!);
    this.#known.set(token, verified.value);
    return verified;
  }
}

const TOO_MANY: Denial = {
  kind: "malformed_auth_token",
  reason: `more than ${MAX_TOKENS} tokens at once`,
};

const TOO_OFTEN: Denial = {
  kind: "unauthorized",
  reason: `more than ${MAX_REFUSED_TOKENS} tokens of this session were no good`,
};

const TOO_LONG: Denial = {
  kind: "malformed_auth_token",
  reason: `a token has more than ${MAX_TOKEN_BYTES} bytes`,
};
