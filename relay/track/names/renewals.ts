import type { Clock, Timer } from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import { RENEWAL_MS } from "../limits.ts";

/**
 * Namespaces of which a track was taken over: those who follow namespaces rather than tracks are told,
 * once for all the tracks of a publisher.
 */
export class Renewals {
  readonly #clock: Clock;
  readonly #tell: (namespaces: readonly Namespace[]) => void;
  readonly #waiting = new Map<string, Namespace>();
  #timer: Timer | undefined;

  constructor(clock: Clock, tell: (namespaces: readonly Namespace[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A track of this namespace was taken over. */
  add(namespace: Namespace): void {
    this.#waiting.set(namespaceKey(namespace), namespace);
    this.#timer?.cancel();
    this.#timer = this.#clock.after(RENEWAL_MS, () => this.#tellAll());
  }

  #tellAll(): void {
    this.#timer = undefined;
    const namespaces = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#tell(namespaces);
  }
}
