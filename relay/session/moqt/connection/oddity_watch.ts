import type { Log } from "@qumo/shared/runtime";
import type { ControlMessage, Oddity } from "@qumo/shared/wire";
import type { Tolerance } from "../../framing.ts";
import type { SessionMetrics } from "../../metrics.ts";

/**
 * Takes messages of moq-dev's clients with parameters that stand where the draft has none, or in
 * another form. Those that npm serves as newest write GROUP_ORDER into SUBSCRIBE_OK and
 * SUBSCRIBER_PRIORITY as an integer of more than a byte.
 */
export class OddityWatch implements Tolerance {
  readonly #metrics: SessionMetrics;
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor({ metrics, log }: { readonly metrics: SessionMetrics; readonly log: Log }) {
    this.#metrics = metrics;
    this.#log = log;
  }

  noted(message: ControlMessage, oddities: readonly Oddity[]): void {
    for (const { kind, parameter } of oddities) {
      this.#metrics.oddities[kind]++;
      const what = `${message.kind} ${parameter} ${kind}`;
      if (this.#told.has(what)) continue;
      this.#told.add(what);
      this.#log.info("message does not follow the draft", {
        message: message.kind,
        parameter,
        kind,
      });
    }
  }
}
