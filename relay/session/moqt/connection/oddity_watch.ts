import type { ControlMessage, Oddity } from "@qumo/shared/wire";
import type { Tolerance } from "../../framing.ts";
import type { SessionContext } from "../context.ts";
import { isMoqDev } from "./moq_dev.ts";

/**
 * Takes messages of moq-dev's clients with parameters that stand where the draft has none, or in
 * another form. Those that npm serves as newest write GROUP_ORDER into SUBSCRIBE_OK and
 * SUBSCRIBER_PRIORITY as an integer of more than a byte.
 */
export class OddityWatch implements Tolerance {
  readonly #context: SessionContext;
  readonly #ready: Promise<boolean>;
  readonly #told = new Set<string>();

  /** `ready` resolves when it is known who the peer is, or that it never will be. */
  constructor(context: SessionContext, ready: Promise<boolean>) {
    this.#context = context;
    this.#ready = ready;
  }

  async allowed(): Promise<boolean> {
    return await this.#ready && isMoqDev(this.#context.peer);
  }

  noted(message: ControlMessage, oddities: readonly Oddity[]): void {
    const { metrics, log } = this.#context;
    for (const { kind, parameter } of oddities) {
      metrics.oddities[kind]++;
      const what = `${message.kind} ${parameter} ${kind}`;
      if (this.#told.has(what)) continue;
      this.#told.add(what);
      log.info("message is not as the draft has it", { message: message.kind, parameter, kind });
    }
  }
}
