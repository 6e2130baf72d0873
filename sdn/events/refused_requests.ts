import type { Clock, Timer } from "@qumo/shared/runtime";
import type { EventLog } from "./event_log.ts";
import { REFUSALS_WINDOW_MS } from "./limits.ts";

/**
 * Reports refused requests of one kind: the first at once, later ones aggregated per time window.
 */
export class RefusedRequests {
  readonly #kind: "tokens_refused" | "limits_reached";
  readonly #events: EventLog;
  readonly #clock: Clock;
  #window: Timer | undefined;
  #gathered = { count: 0, by: "", detail: "" };

  constructor(kind: "tokens_refused" | "limits_reached", events: EventLog, clock: Clock) {
    this.#kind = kind;
    this.#events = events;
    this.#clock = clock;
  }

  /** Adds a refused request; `by` is the client's address, `detail` the method and path. */
  add(by: string, detail: string): void {
    if (this.#window === undefined) {
      this.#events.add(this.#kind, { count: 1, by, detail });
      this.#open();
    } else this.#gathered = { count: this.#gathered.count + 1, by, detail };
  }

  /** Reports what was aggregated so far. */
  close(): void {
    this.#window?.cancel();
    if (this.#gathered.count > 0) this.#events.add(this.#kind, this.#gathered);
  }

  #open(): void {
    this.#window = this.#clock.after(REFUSALS_WINDOW_MS, () => {
      this.#window = undefined;
      if (this.#gathered.count === 0) return;
      this.#events.add(this.#kind, this.#gathered);
      this.#gathered = { count: 0, by: "", detail: "" };
      this.#open();
    });
  }
}
