import type { Clock, Timer } from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import { MAX_RENEWAL_MS, RENEWAL_MS } from "../limits.ts";

type Tell = (namespaces: readonly Namespace[], stage: "renewing" | "renewed") => void;

/**
 * Namespaces in which tracks are being taken over. Watchers of namespaces are notified that a
 * namespace ends before its tracks do, so that they request nothing from the old publisher, and
 * once that it is back when all tracks of a publisher were taken over.
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

  /** Notes that a track of this namespace is being taken over. */
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
