import { type Clock, type Log, messageOf } from "@qumo/shared/runtime";
import type { LinkToken } from "../session/rights.ts";
import { readSigningKey } from "./keys.ts";
import { signRelayToken } from "./relay_tokens.ts";

/** The dependencies of a {@linkcode RelaySigner}. */
export interface RelaySignerParts {
  /** Reads the private key; looked at again for each token, so that a new key counts at once. */
  readonly readKey: () => Promise<string>;
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
    const next = async () => {
      renewAt = clock.wall() + lifetimeMs / 2;
      return await this.#signed(audience);
    };
    return {
      isInPath: false,
      first: next,
      next: async () => clock.wall() < renewAt ? undefined : await next(),
    };
  }

  async #signed(audience: string): Promise<string | undefined> {
    const { readKey, name, lifetimeMs, clock, log } = this.#parts;
    try {
      const key = readSigningKey(await readKey());
      return await signRelayToken(key, { name, audience, now: clock.wall(), lifetimeMs });
    } catch (error) {
      log.warn("cannot prove this relay's name", { neighbor: audience, reason: messageOf(error) });
      return undefined;
    }
  }
}
