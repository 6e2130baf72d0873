import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { compactVerify, decodeProtectedHeader } from "jose";
import { type Claimed, readClaims } from "./claims.ts";
import type { Denial } from "./denial.ts";
import { nameOf, type TokenTime, untilOf } from "./in_force.ts";
import type { VerifyingKey } from "./keys.ts";
import { candidatesOf, type KeyRing } from "./key_ring.ts";
import { KnownSignatures } from "./known_signatures.ts";
import { MAX_ID_CHARACTERS, MAX_TOKEN_BYTES } from "./limits.ts";
import type { Policy } from "./policy.ts";

/** The dependencies of a {@linkcode Verifier}. */
export interface VerifierParts extends KeyRing, TokenTime {}

/** Verifies tokens: JWT signed by one of the relay's keys. */
export class Verifier {
  readonly #parts: VerifierParts;
  readonly #signatures: KnownSignatures<Signed>;

  constructor(parts: VerifierParts) {
    this.#parts = parts;
    this.#signatures = new KnownSignatures(parts);
  }

  /** The keys that count now: another list when they changed. */
  get keys(): readonly VerifyingKey[] {
    return this.#parts.keys();
  }

  /** The policy of a token that is good and in force. Never rejects. */
  async verify(token: string): Promise<Outcome<Policy, Denial>> {
    const header = headerOf(token);
    if (header === undefined) return NO_JWT;
    const signed = await this.#signatures.of(token, () => this.#signed(token, header));
    const name = nameOf(token);
    if (signed === undefined) {
      const reason = `token ${name} is signed by no key of this relay`;
      return refused({ kind: "unauthorized", reason, isStrange: true });
    }
    const claimed = claimsOf(signed.payload, signed.key);
    if (!claimed.ok) {
      return refused({ kind: "malformed_auth_token", reason: `token ${name}: ${claimed.refusal}` });
    }
    return this.#inForce(claimed.value, claimed.value.tokenId ?? name);
  }

  #inForce(claimed: Claimed, tokenId: string): Outcome<Policy, Denial> {
    const until = untilOf(claimed, tokenId, this.#parts);
    if (!until.ok) return until;
    const { holder, rules, limits, isRelay } = claimed;
    return done({ holder: { ...holder, tokenId }, rules, limits, isRelay, until: until.value });
  }

  /** What is signed, and by which key. */
  async #signed(token: string, header: Header): Promise<Signed | undefined> {
    for (const key of await candidatesOf(this.#parts, header)) {
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
  readonly keyId: string | undefined;
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
    if (kid === undefined) return { alg, keyId: kid };
    return typeof kid === "string" && kid.length <= MAX_ID_CHARACTERS
      ? { alg, keyId: kid }
      : undefined;
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

const NO_JWT = refused(
  {
    kind: "malformed_auth_token",
    reason: "the token is no signed JWT",
    isStrange: true,
  } satisfies Denial,
);
