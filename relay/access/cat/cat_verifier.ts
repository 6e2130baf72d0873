import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Denial } from "../denial.ts";
import { nameOf, type TokenTime, untilOf } from "../in_force.ts";
import { candidatesOf, type KeyRing } from "../key_ring.ts";
import type { VerifyingKey } from "../keys.ts";
import { KnownSignatures } from "../known_signatures.ts";
import { LeasedPolicy } from "../leased_policy.ts";
import { MAX_TOKEN_BYTES } from "../limits.ts";
import type { Policy } from "../policy.ts";
import { type CatClaimed, type CatSettings, readCatClaims } from "./cat_claims.ts";
import { type CoseMessage, isSignedBy, readCwt } from "./cose.ts";
import { readCbor } from "./strict_cbor.ts";

/** The dependencies of a {@linkcode CatVerifier}. */
export interface CatVerifierParts extends KeyRing, TokenTime {
  readonly settings: CatSettings;
}

/** Verifies Common Access Tokens: CWT signed by one of the relay's keys, with the claim `moqt`. */
export class CatVerifier {
  readonly #parts: CatVerifierParts;
  readonly #signatures: KnownSignatures<VerifyingKey>;

  constructor(parts: CatVerifierParts) {
    this.#parts = parts;
    this.#signatures = new KnownSignatures(parts);
  }

  /** The policy of a token that is good and in force. Never rejects. */
  async verify(token: Uint8Array): Promise<Outcome<Policy, Denial>> {
    if (token.length > MAX_TOKEN_BYTES) {
      return denied("malformed_auth_token", `the CAT has more than ${MAX_TOKEN_BYTES} bytes`);
    }
    const message = readCwt(token);
    if (!message.ok) {
      return denied("malformed_auth_token", `the CAT is not good: ${message.refusal}`);
    }
    // The rest of it anybody can write otherwise.
    const name = nameOf(message.value.signed.toHex());
    const keys = this.#parts.keys();
    const key = await this.#signerOf(message.value);
    if (key === undefined) {
      return denied("unauthorized", `token ${name} is signed by no key of this relay`);
    }
    // Who may sign for a part of the names by their paths cannot sign for names without paths.
    if (key.scope !== undefined) {
      return denied(
        "unauthorized",
        `token ${name} is a CAT, for which its key has too small a scope`,
      );
    }
    const claimed = claimsOf(message.value, this.#parts.settings);
    if (!claimed.ok) return denied("malformed_auth_token", `token ${name}: ${claimed.refusal}`);
    const named = { ...claimed.value, tokenId: claimed.value.tokenId ?? name };
    const policy = this.#policyOf(named, key);
    if (!policy.ok || named.revalidateMs === undefined) return policy;
    const again = this.#again(message.value, named, { keys, key });
    return done(new LeasedPolicy(policy.value, again, this.#parts.clock));
  }

  /** Validates it as if it were new, its signature only when the keys have changed. */
  #again(message: CoseMessage, claimed: Named, signed: Signed) {
    let { keys, key }: { keys: unknown; key: VerifyingKey | undefined } = signed;
    return async (): Promise<Outcome<Policy, Denial>> => {
      if (keys !== this.#parts.keys()) {
        keys = this.#parts.keys();
        key = await this.#signerOf(message);
      }
      if (key !== undefined) return this.#policyOf(claimed, key);
      const { tokenId } = claimed;
      return denied(
        "unauthorized",
        `token ${tokenId} is signed by no key that this relay still has`,
      );
    };
  }

  #policyOf(claimed: Named, { keyId }: VerifyingKey): Outcome<Policy, Denial> {
    const { tokenId, holder, rules, limits, isRelay, opens = false, revalidateMs } = claimed;
    const until = untilOf(claimed, tokenId, this.#parts);
    if (!until.ok) return until;
    const again = this.#parts.clock.wall() + (revalidateMs ?? Infinity);
    return done({
      holder: { ...holder, tokenId, keyId },
      rules,
      limits,
      isRelay,
      opens,
      until: Math.min(until.value, again),
    });
  }

  #signerOf(message: CoseMessage): Promise<VerifyingKey | undefined> {
    const { keyId, signed, signature } = message;
    const whole = JSON.stringify([keyId, signed.toHex(), signature.toHex()]);
    return this.#signatures.of(whole, () => this.#foundSigner(message));
  }

  async #foundSigner(message: CoseMessage): Promise<VerifyingKey | undefined> {
    for (const key of await candidatesOf(this.#parts, message)) {
      if (await isSignedBy(message, key.key)) return key;
    }
    return undefined;
  }
}

/** Which key of which ones has signed. */
interface Signed {
  readonly keys: unknown;
  readonly key: VerifyingKey;
}

type Named = CatClaimed & { readonly tokenId: string };

function claimsOf({ payload }: CoseMessage, settings: CatSettings): Outcome<CatClaimed, string> {
  try {
    return readCatClaims(readCbor(payload), settings);
  } catch {
    return refused("its claims are no CBOR");
  }
}

function denied(kind: Denial["kind"], reason: string): Outcome<never, Denial> {
  return refused({ kind, reason });
}
