import type { Clock, Outcome } from "@qumo/shared/runtime";
import type { Denial } from "./denial.ts";
import { RENEWAL_RETRY_MS } from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Renewal } from "./renewal.ts";

/** Asks again; undefined when there is no answer. Never rejects. */
export type Ask = () => Promise<Outcome<Policy, Denial> | undefined>;

/**
 * A policy that somebody gives for a while. All who use it have the same one, and it is asked for
 * again when three quarters of its time are over: what is refused then ends at once, and what is not
 * answered ends with its time.
 */
export class LeasedPolicy implements Policy, Renewal {
  /** Whose it was first: sessions are found by it as long as they have the policy. */
  readonly holder: Policy["holder"];
  readonly #ask: Ask;
  readonly #clock: Pick<Clock, "wall">;
  #policy: Policy;
  #at: number;
  #asking: Promise<void> | undefined;
  #refusal: Denial | undefined;

  constructor(policy: Policy, ask: Ask, clock: Pick<Clock, "wall">) {
    this.holder = policy.holder;
    this.#ask = ask;
    this.#clock = clock;
    this.#policy = policy;
    this.#at = this.#renewalOf(policy);
  }

  get rules(): Policy["rules"] {
    return this.#policy.rules;
  }

  get until(): number {
    return this.#refusal === undefined ? this.#policy.until : -Infinity;
  }

  get limits(): Policy["limits"] {
    return this.#policy.limits;
  }

  get isRelay(): boolean {
    return this.#policy.isRelay;
  }

  get opens(): boolean {
    return this.#policy.opens ?? false;
  }

  get renewal(): Renewal {
    return this;
  }

  get at(): number {
    return this.#refusal === undefined ? this.#at : Infinity;
  }

  get refusal(): Denial | undefined {
    return this.#refusal;
  }

  renew(): Promise<void> {
    return this.#asking ??= this.#renew();
  }

  async #renew(): Promise<void> {
    const answer = await this.#ask();
    this.#asking = undefined;
    if (answer === undefined) this.#at = this.#clock.wall() + RENEWAL_RETRY_MS;
    else if (!answer.ok) this.#refusal = answer.refusal;
    else {
      this.#policy = answer.value;
      this.#at = this.#renewalOf(answer.value);
    }
  }

  #renewalOf({ until }: Policy): number {
    const now = this.#clock.wall();
    return now + (until - now) * PART_IN_USE;
  }
}

const PART_IN_USE = 0.75;
