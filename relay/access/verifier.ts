import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { compactVerify, decodeProtectedHeader } from "jose";
import { type Claimed, readClaims } from "./claims.ts";
import type { VerifyingKey } from "./keys.ts";
import { MAX_ID_CHARACTERS, MAX_KEYS_TRIED, MAX_TOKEN_BYTES } from "./limits.ts";
import type { Policy } from "./policy.ts";

/** Why a peer may not do something. The reason may be told to it, and has no token in it. */
export interface Denial {
  readonly kind:
    | "unauthorized"
    | "malformed_auth_token"
    | "expired_auth_token"
    /** It may come again. */
    | "going_away";
  readonly reason: string;
}

/** The dependencies of a {@linkcode Verifier}. */
export interface VerifierParts {
  /** The keys that count now. */
  readonly keys: () => readonly VerifyingKey[];
  /** Looks for other keys, because a token names one that is not there. */
  readonly onMiss?: () => Promise<void>;
  readonly clock: Pick<Clock, "wall">;
  /** How far the clocks of those who make tokens may be off. */
  readonly clockSkewMs: number;
}

/** Verifies tokens: JWT signed by one of the relay's keys. */
export class Verifier {
  readonly #parts: VerifierParts;

  constructor(parts: VerifierParts) {
    this.#parts = parts;
  }

  /** The keys that count now: another list when they changed. */
  get keys(): readonly VerifyingKey[] {
    return this.#parts.keys();
  }

  /** The policy of a token that is good and in force. Never rejects. */
  async verify(token: string): Promise<Outcome<Policy, Denial>> {
    const header = headerOf(token);
    if (header === undefined) return denied("malformed_auth_token", "the token is no signed JWT");
    const signed = await this.#signed(token, header);
    const name = await nameOf(token);
    if (signed === undefined) {
      return denied("unauthorized", `token ${name} is signed by no key of this relay`);
    }
    const claimed = claimsOf(signed.payload, signed.key);
    if (!claimed.ok) return denied("malformed_auth_token", `token ${name}: ${claimed.refusal}`);
    return this.#inForce(claimed.value, claimed.value.tokenId ?? name);
  }

  #inForce(claimed: Claimed, tokenId: string): Outcome<Policy, Denial> {
    const { clock, clockSkewMs } = this.#parts;
    const now = clock.wall();
    const { holder, rules, limits, isRelay, notBefore } = claimed;
    const until = claimed.expires + clockSkewMs;
    if (until <= now) return denied("expired_auth_token", `token ${tokenId} has expired`);
    if (notBefore - clockSkewMs > now) {
      return denied("unauthorized", `token ${tokenId} is not valid yet`);
    }
    return done({ holder: { ...holder, tokenId }, rules, limits, isRelay, until });
  }

  /** What is signed, and by which key. */
  async #signed(token: string, { alg, kid }: Header): Promise<Signed | undefined> {
    const isNamed = kid === undefined || this.keys.some(({ keyId }) => keyId === kid);
    if (!isNamed) await this.#parts.onMiss?.();
    const candidates = this.keys
      .filter((key) => key.alg === alg && (kid === undefined || key.keyId === kid))
      .slice(0, MAX_KEYS_TRIED);
    for (const key of candidates) {
      try {
        const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] });
        return { payload, key };
      } catch {
        // Another key with this algorithm may have signed it.
      }
    }
    return undefined;
  }
}

interface Header {
  readonly alg: string;
  readonly kid: string | undefined;
}

interface Signed {
  readonly payload: Uint8Array;
  readonly key: VerifyingKey;
}

/** What of the header is looked at; whatever else it says, a key of its own included, is ignored. */
function headerOf(token: string): Header | undefined {
  if (token.length > MAX_TOKEN_BYTES || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token) as { alg?: unknown; kid?: unknown };
    if (typeof alg !== "string") return undefined;
    if (kid === undefined) return { alg, kid };
    return typeof kid === "string" && kid.length <= MAX_ID_CHARACTERS ? { alg, kid } : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(payload: Uint8Array, key: VerifyingKey): Outcome<Claimed, string> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    return readClaims(value, key);
  } catch {
    return refused("its claims are no JSON");
  }
}

/** What a token without an id, or one that cannot be believed, is called. */
async function nameOf(token: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(hash, 0, NAME_BYTES).toHex();
}

const NAME_BYTES = 6;

function denied(kind: Denial["kind"], reason: string): Outcome<never, Denial> {
  return refused({ kind, reason });
}
