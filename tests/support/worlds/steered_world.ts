import type { Clock } from "@qumo/shared/runtime";
import type { Revocation } from "@qumo/shared/topology/access_schemas";
import type { AccessChange, Steering } from "../../../relay/access/steering.ts";
import { SteeredGate } from "../../../relay/access/steered_gate.ts";
import type { RelayMetrics } from "../../../relay/metrics.ts";
import { memoryLog } from "./memory_log.ts";
import { plainGate, type PlainGateOptions, steeringOf } from "./plain_tokens.ts";
import { SessionWorld, type WorldOptions } from "./session_world.ts";

/** How a {@linkcode SteeredWorld} is made. */
export interface SteeredOptions extends PlainGateOptions {
  readonly world?: WorldOptions;
  /** Nobody needs a token. */
  readonly isOpen?: boolean;
}

/** Sessions at a relay that a controller tells what is revoked. */
export class SteeredWorld extends SessionWorld {
  readonly steering: Steering;
  readonly access: RelayMetrics["access"];
  /** What the access wrote into the log. */
  readonly said: ReturnType<typeof memoryLog>["lines"];
  #lastId = 0;

  constructor({ world, isOpen = false, ...options }: SteeredOptions = {}) {
    const { log, lines } = memoryLog();
    let steering: Steering;
    const gate = (clock: Clock, { access }: RelayMetrics) => {
      steering = steeringOf(clock, { access, log, ...options });
      return isOpen
        ? new SteeredGate(clock, steering, true)
        : plainGate(clock, { ...options, steering });
    };
    super({ ...world, gate });
    this.steering = steering!;
    this.access = this.metrics.access;
    this.said = lines;
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
    this.steering.change({
      revocations: [],
      policies: [],
      unrevoked: [],
      unlimited: [],
      ...change,
    });
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
