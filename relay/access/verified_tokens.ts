import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { ShownToken } from "../session/rights.ts";
import { MAX_REFUSED_TOKENS, MAX_TOKEN_BYTES, MAX_TOKENS, MAX_VERIFIED_TOKENS } from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Denial } from "./denial.ts";
import type { Judge, Peer, Token } from "./judge.ts";

/** The type of tokens whose format both sides agreed on otherwise (#authorization-token). */
export const AGREED_TYPE = 0n;

/** Types of tokens, of which 1 is for CAT (draft-ietf-moq-c4m, #moqt-auth-token-type-registry). */
const KINDS: ReadonlyMap<bigint, Token["kind"]> = new Map([[AGREED_TYPE, "jwt"], [1n, "cat"]]);

/** What came of a token, and when that was. */
interface Verdict {
  readonly verified: Outcome<Policy, Denial>;
  readonly since: number;
}

/** The tokens of one session: those that were verified once are known, until the keys change. */
export class VerifiedTokens {
  readonly #judge: Judge;
  readonly #peer: Peer;
  readonly #clock: Pick<Clock, "wall">;
  readonly #known = new Map<string, Verdict>();
  #keys: unknown;
  #refused = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(judge: Judge, peer: Peer, clock: Pick<Clock, "wall">) {
    this.#judge = judge;
    this.#peer = peer;
    this.#clock = clock;
  }

  /** The policies of tokens of the protocol. Tokens of types that nobody here knows are ignored. */
  async ofShown(tokens: readonly ShownToken[]): Promise<Outcome<Policy[], Denial>> {
    const known: Token[] = [];
    for (const { type, value } of tokens) {
      const kind = KINDS.get(type);
      if (kind === undefined || !this.#judge.takes(kind)) continue;
      if (value.length > MAX_TOKEN_BYTES) return refused(TOO_LONG);
      known.push({
        kind,
        text: kind === "cat" ? base64urlOf(value) : String.fromCharCode(...value),
      });
    }
    return await this.of(known);
  }

  /** The policies of these tokens, or why one of them is not good. */
  async of(tokens: readonly Token[]): Promise<Outcome<Policy[], Denial>> {
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
  #inTurn(token: Token): Promise<Outcome<Policy, Denial>> {
    const verified = this.#turn.then(() => this.#verify(token));
    this.#turn = verified;
    return verified;
  }

  async #verify(token: Token): Promise<Outcome<Policy, Denial>> {
    if (this.#keys !== this.#judge.keys) {
      this.#known.clear();
      this.#keys = this.#judge.keys;
    }
    const key = `${token.kind} ${token.text}`;
    const known = this.#known.get(key);
    if (known !== undefined && this.#counts(known)) return known.verified;
    if (this.#refused >= MAX_REFUSED_TOKENS) return refused(TOO_OFTEN);
    const verified = await this.#judge.verify(token, this.#peer);
    if (verified.ok) this.#remember(key, verified);
    else this.#wasRefused(key, verified.refusal);
    return verified;
  }

  #wasRefused(key: string, refusal: Denial): void {
    const hasExpired = refusal.kind === "expired_auth_token";
    // Who goes on with a token that was good here, by its alias say, forges nothing.
    if (!hasExpired || this.#known.get(key)?.verified.ok !== true) this.#refused++;
    // So that its alias fails with what it is (#authorization-token), at the cost of one signature.
    if (refusal.isFinal === true) this.#remember(key, refused(refusal));
  }

  #remember(key: string, verified: Outcome<Policy, Denial>): void {
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_VERIFIED_TOKENS) this.#known.delete(oldest!);
    this.#known.set(key, { verified, since: this.#clock.wall() });
  }

  /** Whether it is so still. The machine's clock may have been corrected since a token had expired. */
  #counts({ verified, since }: Verdict): boolean {
    const now = this.#clock.wall();
    return verified.ok ? verified.value.until > now : since <= now;
  }
}

function base64urlOf(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
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
