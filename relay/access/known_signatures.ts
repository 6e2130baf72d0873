import { sha256Of } from "./in_force.ts";
import type { KeyRing } from "./key_ring.ts";
import { MAX_KNOWN_SIGNATURES } from "./limits.ts";

/**
 * What came of the tokens that were verified last, for as long as the keys stay: many viewers show one
 * token, and who comes again shows the same. A signature of ES256 costs more than all else of a session's
 * beginning that is ours. Whether a token is in force, and not revoked, is looked at each time.
 */
export class KnownSignatures<Signed> {
  readonly #ring: Pick<KeyRing, "keys">;
  // By the hash of the whole token.
  readonly #known = new Map<string, Signed>();
  #keys: unknown;

  constructor(ring: Pick<KeyRing, "keys">) {
    this.#ring = ring;
  }

  /** What came of this token before, or comes of it now; undefined, which is not kept: no key has signed it. */
  async of(token: string, verify: () => Promise<Signed | undefined>): Promise<Signed | undefined> {
    const keys = this.#ring.keys();
    if (this.#keys !== keys) this.#known.clear();
    this.#keys = keys;
    const name = sha256Of(token);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const signed = await verify();
    // The keys may have been read again meanwhile, and what is kept is by those.
    if (signed === undefined || this.#keys !== keys) return signed;
    if (this.#known.size >= MAX_KNOWN_SIGNATURES) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
    this.#known.set(name, signed);
    return signed;
  }
}
