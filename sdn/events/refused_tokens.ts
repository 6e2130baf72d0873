import type { Clock, Timer } from "@qumo/shared/runtime";
import type { EventLog } from "./event_log.ts";
import { REFUSALS_WINDOW_MS } from "./limits.ts";

/** Tells of tokens that were refused: the first at once, then all of a while together. */
export class RefusedTokens {
  readonly #events: EventLog;
  readonly #clock: Clock;
  #window: Timer | undefined;
  #gathered = { count: 0, by: "", detail: "" };

  constructor(events: EventLog, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** A request with a token was refused; `by` is the client's address, `detail` what it asked for. */
  add(by: string, detail: string): void {
    if (this.#window === undefined) {
      this.#events.add("tokens_refused", { count: 1, by, detail });
      this.#open();
    } else this.#gathered = { count: this.#gathered.count + 1, by, detail };
  }

  /** Tells what was gathered. */
  close(): void {
    this.#window?.cancel();
    if (this.#gathered.count > 0) this.#events.add("tokens_refused", this.#gathered);
  }

  #open(): void {
    this.#window = this.#clock.after(REFUSALS_WINDOW_MS, () => {
      this.#window = undefined;
      if (this.#gathered.count === 0) return;
      this.#events.add("tokens_refused", this.#gathered);
      this.#gathered = { count: 0, by: "", detail: "" };
      this.#open();
    });
  }
}
