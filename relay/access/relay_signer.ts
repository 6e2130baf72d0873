import { type Clock, type Log, messageOf } from "@qumo/shared/runtime";
import type { JWK } from "jose";
import type { LinkToken } from "../session/rights.ts";
import { signRelayToken } from "./relay_tokens.ts";

/** What a relay signs with. */
export interface SigningKey {
  readonly key: JWK & { readonly alg: string };
  /** The word of a controller that it is this relay's; absent: others have it in their files. */
  readonly grant?: string;
}

/** The dependencies of a {@linkcode RelaySigner}. */
export interface RelaySignerParts {
  /** Looked at for each token, so that a new key counts at once. May reject. */
  readonly key: () => Promise<SigningKey>;
  /** This relay's name. */
  readonly name: string;
  readonly lifetimeMs: number;
  readonly clock: Pick<Clock, "wall">;
  readonly log: Log;
}

/** Proves this relay's name to others, with a key of its own. */
export class RelaySigner {
  readonly #parts: RelaySignerParts;

  constructor(parts: RelaySignerParts) {
    this.#parts = parts;
  }

  /** What a link to the relay of this name shows. */
  tokenFor(audience: string): LinkToken {
    const { clock, lifetimeMs } = this.#parts;
    let renewAt = 0;
    const sign = async () => {
      // One that is lost on the way, or late, has another one behind it.
      renewAt = clock.wall() + lifetimeMs / 3;
      return await this.#signed(audience);
    };
    const next = async () => clock.wall() < renewAt ? undefined : await sign();
    return { isInPath: false, first: sign, next };
  }

  async #signed(audience: string): Promise<string | undefined> {
    const { key: signing, name, lifetimeMs, clock, log } = this.#parts;
    try {
      const { key, grant } = await signing();
      return await signRelayToken(key, { name, audience, now: clock.wall(), lifetimeMs, grant });
    } catch (error) {
      log.warn("cannot prove this relay's name", { neighbor: audience, reason: messageOf(error) });
      return undefined;
    }
  }
}
