import type { Clock, Timer } from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import { MAX_RENEWAL_MS, RENEWAL_MS } from "../limits.ts";

type Tell = (namespaces: readonly Namespace[], stage: "renewing" | "renewed") => void;

/**
 * Namespaces of which tracks are taken over. Those who follow namespaces rather than tracks are told
 * that one ends before its tracks do, so that they ask for nothing more of what there was, and that it
 * is there again once for all the tracks of a publisher.
 */
export class Renewals {
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #waiting = new Map<string, Namespace>();
  #since = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, tell: Tell) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A track of this namespace is taken over. */
  add(namespace: Namespace): void {
    const key = namespaceKey(namespace);
    const now = this.#clock.now();
    if (this.#waiting.size === 0) this.#since = now;
    if (!this.#waiting.has(key)) this.#tell([namespace], "renewing");
    this.#waiting.set(key, namespace);
    this.#timer?.cancel();
    const wait = Math.min(RENEWAL_MS, this.#since + MAX_RENEWAL_MS - now);
    this.#timer = this.#clock.after(Math.max(0, wait), () => this.#tellAll());
  }

  #tellAll(): void {
    this.#timer = undefined;
    const namespaces = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#tell(namespaces, "renewed");
  }
}
