import type { Denial } from "./denial.ts";

/** Prolongs a policy that lasts for a while, as long as somebody uses it. */
export interface Renewal {
  /** When to renew it next, in milliseconds since 1970; infinite: not now. */
  readonly at: number;
  /** Why the policy ended before its time; undefined: it did not. */
  readonly refusal: Denial | undefined;
  /** Asks whether the policy holds further, and changes it accordingly. Never rejects. */
  renew(): Promise<void>;
}
