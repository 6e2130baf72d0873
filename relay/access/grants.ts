import type { Clock } from "@qumo/shared/runtime";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { GRANT_TYPE } from "@qumo/shared/topology";
import { decodeProtectedHeader, type JWK, jwtVerify } from "jose";
import { readKeys, type VerifyingKey } from "./keys.ts";

/** What a controller says: for a while, a key is a relay's. */
export interface Grant {
  readonly key: VerifyingKey;
  /** In milliseconds since 1970, the allowance for clocks included. */
  readonly until: number;
}

/** The dependencies of a {@linkcode GrantVerifier}. */
export interface GrantVerifierParts {
  /** The keys of controllers that count now. */
  readonly keys: () => readonly VerifyingKey[];
  /** A grant names a key that is not among them. Resolves when they were looked at again. */
  readonly missed: () => Promise<void>;
  readonly clock: Pick<Clock, "wall">;
  readonly clockSkewMs: number;
}

/** Verifies what controllers say of the keys of relays. */
export class GrantVerifier {
  readonly #parts: GrantVerifierParts;

  constructor(parts: GrantVerifierParts) {
    this.#parts = parts;
  }

  /** What is granted, or why nothing is. Never rejects. */
  async verify(grant: string): Promise<Outcome<Grant, string>> {
    try {
      const { kid } = decodeProtectedHeader(grant);
      if (this.#keyOf(kid) === undefined) await this.#parts.missed();
      const key = this.#keyOf(kid);
      if (key === undefined) return refused("its grant is signed by no controller of this mesh");
      return done(await this.#verifiedBy(key, grant));
    } catch {
      return refused("its grant is not good");
    }
  }

  #keyOf(kid: string | undefined): VerifyingKey | undefined {
    return this.#parts.keys().find(({ keyId }) => keyId !== undefined && keyId === kid);
  }

  async #verifiedBy(signer: VerifyingKey, grant: string): Promise<Grant> {
    const { clock, clockSkewMs } = this.#parts;
    const { payload } = await jwtVerify<{ cnf?: { jwk?: JWK } }>(grant, signer.key, {
      algorithms: [signer.alg],
      typ: GRANT_TYPE,
      clockTolerance: clockSkewMs / 1_000,
      currentDate: new Date(clock.wall()),
      requiredClaims: ["sub", "exp", "iat", "cnf"],
    });
    const { sub, exp = 0, cnf } = payload;
    const [key] = await readKeys(JSON.stringify({ ...cnf?.jwk, sub, kid: "granted" }));
    return { key: key!, until: exp * 1_000 + clockSkewMs };
  }
}
