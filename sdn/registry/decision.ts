import type { CommandAnswer } from "./command.ts";
import type { Change } from "./model.ts";
import type { RegistryState } from "./state.ts";

/** The input of a decision besides the command. */
export interface DecisionContext {
  readonly state: RegistryState;
  readonly now: number;
  /** The controller's unique name, recorded in the versions that it assigns. */
  readonly controller: string;
  /** The duration of a lease after a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /**
   * The weight of a new sample of round-trip time or loss in the moving average, above 0 and up to
   * 1.
   */
  readonly smoothing: number;
}

/**
 * The changes and the answer of a command, before the step gets its revision (see {@linkcode
 * Ready}).
 */
export interface Decision extends Omit<CommandAnswer, "hasChanged"> {
  readonly changes: readonly Change[];
  readonly renews?: string;
}
