import type { SessionLimits } from "../session/settings.ts";
import type { Policy } from "./policy.ts";

/** The policies of one session: those that it came with, and those of its requests. */
export class SessionPolicies {
  readonly #isInForce: (policy: Policy) => boolean;
  #current: readonly Policy[];
  // Of its requests, with how many of them each allows.
  readonly #late = new Map<Policy, number>();

  constructor(policies: readonly Policy[], isInForce: (policy: Policy) => boolean) {
    this.#current = policies;
    this.#isInForce = isInForce;
  }

  /** What it came with, as far as that was in force when it was looked at last. */
  get current(): readonly Policy[] {
    return this.#current;
  }

  /** Forgets what is no longer in force. */
  prune(): void {
    this.#current = this.#current.filter(this.#isInForce);
  }

  /** A request has these. */
  use(policies: readonly Policy[]): void {
    for (const policy of policies) this.#late.set(policy, (this.#late.get(policy) ?? 0) + 1);
  }

  /** Takes one {@linkcode SessionPolicies.use} back. */
  unuse(policies: readonly Policy[]): void {
    for (const policy of policies) {
      const count = this.#late.get(policy) ?? 0;
      if (count > 1) this.#late.set(policy, count - 1);
      else this.#late.delete(policy);
    }
  }

  /** The limits of the session: as high as one of its tokens says, at each moment. */
  limitsOf(configured: SessionLimits): SessionLimits {
    const highest = (name: keyof Policy["limits"], limit: number) => this.#highest(name, limit);
    return {
      ...configured,
      get maxSubscriptions() {
        return highest("subscriptions", configured.maxSubscriptions);
      },
      get maxPublishedTracks() {
        return highest("publishedTracks", configured.maxPublishedTracks);
      },
      get maxNamespaces() {
        return highest("namespaces", configured.maxNamespaces);
      },
      get maxFetches() {
        return highest("fetches", configured.maxFetches);
      },
    };
  }

  #highest(name: keyof Policy["limits"], limit: number): number {
    let highest: number | undefined;
    for (const { holder, limits } of this.#all()) {
      if (holder.tokenId === undefined) continue;
      highest = Math.max(highest ?? 0, Math.min(limit, limits[name] ?? limit));
    }
    return highest ?? limit;
  }

  *#all(): Iterable<Policy> {
    yield* this.#current;
    yield* this.#late.keys();
  }
}
