import type { CommandAnswer } from "./command.ts";
import type { Change } from "./model.ts";
import type { RegistryState } from "./state.ts";

/** What a command is decided upon. */
export interface DecisionContext {
  readonly state: RegistryState;
  readonly now: number;
  /** The controller's name, unlike every other controller's: it marks the versions minted here. */
  readonly controller: string;
  /** How long a relay lives after its last heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** The share of a new round-trip time or loss sample in its smoothed value, above 0 and up to 1. */
  readonly smoothing: number;
}

/** What a command changed, and what is to be said of it: a {@linkcode Ready} that is no step yet. */
export interface Decision extends Omit<CommandAnswer, "hasChanged"> {
  readonly changes: readonly Change[];
  readonly renews?: string;
}
