import type { Revocation } from "@qumo/shared/topology/access_schemas";
import type { AccessChange, Steering } from "../../../relay/access/steering.ts";
import { SteeredGate } from "../../../relay/access/steered_gate.ts";
import { plainGate, type PlainGateOptions, steeringOf } from "./plain_tokens.ts";
import { SessionWorld } from "./session_world.ts";

/** How a {@linkcode SteeredWorld} is made. */
export interface SteeredOptions extends Omit<PlainGateOptions, "steering"> {
  /** Nobody needs a token. */
  readonly isOpen?: boolean;
  /** Where the relay runs. */
  readonly region?: string;
}

/** Sessions at a relay that a controller tells what is revoked. */
export class SteeredWorld extends SessionWorld {
  readonly steering: Steering;
  #lastId = 0;

  constructor({ isOpen = false, region = "", ...options }: SteeredOptions = {}) {
    let steering: Steering;
    super({
      gate(clock, { access: counts }, log) {
        steering = steeringOf(clock, { counts, log, region });
        if (isOpen) return new SteeredGate(clock, steering, true);
        return plainGate(clock, { ...options, steering });
      },
    });
    this.steering = steering!;
  }

  /** The controller revokes something; returns the revocation. */
  revoke(kind: Revocation["kind"], value: string, lasts = 3_600_000): Revocation {
    const now = this.clock.wall();
    const revocation: Revocation = {
      id: `r${++this.#lastId}`,
      kind,
      value,
      reason: "stolen",
      created_at: new Date(now).toISOString(),
      expires_at: new Date(now + lasts).toISOString(),
    };
    this.tell({ revocations: [revocation] });
    return revocation;
  }

  /** The controller tells a change. */
  tell(change: Partial<AccessChange>): void {
    const nothing = { revocations: [], policies: [], unrevoked: [], unlimited: [] };
    this.steering.change({ ...nothing, ...change });
  }

  /** An operator has something ended. */
  kick(kind: Revocation["kind"], value: string): void {
    this.steering.kick({ id: `k${++this.#lastId}`, kind, value, reason: "tidying up" });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.steering.close();
    await super[Symbol.asyncDispose]();
  }
}
