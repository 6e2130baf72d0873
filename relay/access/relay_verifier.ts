import { type Clock, done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { ScopeOfKey } from "./claims.ts";
import type { GrantVerifier } from "./grants.ts";
import type { VerifyingKey } from "./keys.ts";
import { MAX_ID_CHARACTERS, MAX_KEYS_TRIED, MAX_RELAY_TOKEN_MS } from "./limits.ts";
import { RELAY_TOKEN_TYPE } from "./relay_tokens.ts";
import { ShownProofs } from "./shown_proofs.ts";
import type { Denial } from "./denial.ts";

/** A relay that has proved its name. */
export interface ProvenRelay {
  readonly name: string;
  readonly tokenId: string;
  readonly keyId: string | undefined;
  /** What it may do at most; absent: everything. */
  readonly scope?: ScopeOfKey;
  /** In milliseconds since 1970, the allowance for clocks included. */
  readonly until: number;
}

/** The dependencies of a {@linkcode RelayVerifier}. */
export interface RelayVerifierParts {
  /** The keys of relays that count now. */
  readonly keys: () => readonly VerifyingKey[];
  /** Verifies what controllers say of the keys of relays; absent: no controller is believed. */
  readonly grants?: Pick<GrantVerifier, "verify">;
  /** This relay's name: tokens for others are not taken. */
  readonly audience: string;
  readonly clock: Pick<Clock, "wall">;
  /** How far the clocks of other relays may be off. */
  readonly clockSkewMs: number;
}

/** Verifies by which tokens other relays prove their names. */
export class RelayVerifier {
  readonly #parts: RelayVerifierParts;
  readonly #shown: ShownProofs;

  constructor(parts: RelayVerifierParts) {
    this.#parts = parts;
    this.#shown = new ShownProofs(parts.clock);
  }

  /** The relay that a token proves, the first time that it is shown. Never rejects. */
  async verify(token: string): Promise<Outcome<ProvenRelay, Denial>> {
    const verified = await this.#verified(token);
    if (!verified.ok || this.#shown.take(verified.value)) return verified;
    const { name, tokenId } = verified.value;
    return denied(`${tokenId} of ${name} was shown before`);
  }

  async #verified(token: string): Promise<Outcome<ProvenRelay, Denial>> {
    const { alg, kid } = decodeProtectedHeader(token);
    const said = grantIn(token);
    if (said !== undefined) return await this.#granted(said, token);
    const candidates = this.#parts.keys()
      .filter((key) => key.alg === alg && (kid === undefined || key.keyId === kid))
      .slice(0, MAX_KEYS_TRIED);
    let denial = denied("it is signed by no key of this mesh");
    for (const key of candidates) {
      const verified = await this.#by(key, token);
      if (verified.ok) return verified;
      denial = verified;
    }
    return denial;
  }

  /** By the key that a controller says is a relay's, and only for as long as it says so. */
  async #granted(said: string, token: string): Promise<Outcome<ProvenRelay, Denial>> {
    const { grants } = this.#parts;
    if (grants === undefined) return denied("no controller is believed here");
    const granted = await grants.verify(said);
    if (!granted.ok) return denied(granted.refusal);
    const { key, until } = granted.value;
    const verified = await this.#by(key, token);
    if (!verified.ok) return verified;
    return done({ ...verified.value, until: Math.min(verified.value.until, until) });
  }

  async #by(key: VerifyingKey, token: string): Promise<Outcome<ProvenRelay, Denial>> {
    const { audience, clock, clockSkewMs } = this.#parts;
    try {
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: [key.alg],
        typ: RELAY_TOKEN_TYPE,
        audience,
        clockTolerance: clockSkewMs / 1_000,
        currentDate: new Date(clock.wall()),
        requiredClaims: ["sub", "exp", "iat", "jti"],
      });
      const { sub: name = "", exp = 0, iat = 0, jti: tokenId = "" } = payload;
      if (iat * 1_000 - clockSkewMs > clock.wall()) return denied("it is not valid yet");
      if ((exp - iat) * 1_000 > MAX_RELAY_TOKEN_MS) return denied("it lasts too long");
      if (payload.cluster !== true) return denied("it makes nobody a relay");
      if (tokenId.length > MAX_ID_CHARACTERS) return denied("its id is too long");
      if (key.subject !== undefined && key.subject !== name) {
        return denied("its key is another relay's");
      }
      const { keyId, scope } = key;
      const until = exp * 1_000 + clockSkewMs;
      return done({ name, tokenId, keyId, until, ...(scope !== undefined && { scope }) });
    } catch (error) {
      return error instanceof errors.JWTExpired
        ? refused({ kind: "expired_auth_token", reason: "the token of the relay has expired" })
        : denied(reasonOf(error));
    }
  }
}

/** What a token has of a controller's; nothing of it is believed yet. */
function grantIn(token: string): string | undefined {
  try {
    const { grant } = decodeJwt(token);
    return typeof grant === "string" ? grant : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "it is signed by no key of this mesh";
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "aud" ? "it is for another relay" : messageOf(error);
  }
  return "it is no token of a relay";
}

function denied(why: string): Outcome<never, Denial> {
  return refused({ kind: "unauthorized", reason: `the token of the relay is not good: ${why}` });
}
