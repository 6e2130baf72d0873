import type { Log } from "@qumo/shared/runtime";
import type { ControlMessage, Oddity } from "@qumo/shared/wire";
import type { Tolerance } from "../../framing.ts";
import type { SessionMetrics } from "../../metrics.ts";

/**
 * Accepts messages of moq-dev's clients with misplaced or differently encoded parameters. The
 * newest release on npm sends GROUP_ORDER in SUBSCRIBE_OK, and SUBSCRIBER_PRIORITY as an integer of
 * more than one byte.
 */
export class OddityWatch implements Tolerance {
  readonly #metrics: SessionMetrics;
  readonly #log: Log;
  readonly #logged = new Set<string>();

  constructor({ metrics, log }: { readonly metrics: SessionMetrics; readonly log: Log }) {
    this.#metrics = metrics;
    this.#log = log;
  }

  noted(message: ControlMessage, oddities: readonly Oddity[]): void {
    for (const { kind, parameter } of oddities) {
      this.#metrics.oddities[kind]++;
      const what = `${message.kind} ${parameter} ${kind}`;
      if (this.#logged.has(what)) continue;
      this.#logged.add(what);
      this.#log.info("message does not follow the draft", {
        message: message.kind,
        parameter,
        kind,
      });
    }
  }
}
