import type { Clock, Log } from "@qumo/shared/runtime";
import * as z from "zod";
import type { ControllerClient } from "./controller_client.ts";
import { MAX_SINGLE_ANNOUNCES, SINGLE_ANNOUNCE_MS } from "./limits.ts";

/** The answer to an announce, which is not used. */
const anything = z.unknown();

/** What announcing one by one works with. */
export interface SingleAnnouncesOptions {
  /** This relay's name. */
  readonly name: string;
  readonly client: ControllerClient;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Renews the announces of this relay one by one, at an older controller that takes none with a
 * heartbeat and forgets each after a while.
 */
export class SingleAnnounces {
  readonly #options: SingleAnnouncesOptions;
  /** When each text was last announced at the controller in use. */
  readonly #announced = new Map<string, number>();
  #url = "";
  #isUntoldSaid = false;

  constructor(options: SingleAnnouncesOptions) {
    this.#options = options;
  }

  /** Announces texts that are new or due for renewal, and withdraws those that are gone. */
  async tell(url: string, texts: readonly string[], signal: AbortSignal): Promise<void> {
    if (url !== this.#url) this.#announced.clear();
    this.#url = url;
    const { clock } = this.#options;
    const told = texts.slice(0, MAX_SINGLE_ANNOUNCES);
    const untold = texts.length - told.length;
    if (untold > 0 && !this.#isUntoldSaid) {
      this.#options.log.warn(
        "an older controller takes no more announces: subscribers at other relays cannot find the rest",
        {
          controller: url,
          told: told.length,
          untold,
        },
      );
    }
    this.#isUntoldSaid = untold > 0;
    const wanted = new Set(told);
    for (const text of [...this.#announced.keys()]) {
      if (!wanted.has(text) && !await this.#withdraw(text, signal)) return;
    }
    for (const text of told) {
      const age = clock.now() - (this.#announced.get(text) ?? -Infinity);
      if (age < SINGLE_ANNOUNCE_MS) continue;
      // Stop at the first failure: a controller that does not answer gets no hundreds of requests.
      // The next heartbeat retries.
      if (!await this.#ask("PUT", text, signal)) return;
      this.#announced.set(text, clock.now());
    }
  }

  /** Withdraws every announce: an older controller would keep them after the relay is gone. */
  async withdrawAll(signal: AbortSignal): Promise<void> {
    for (const text of [...this.#announced.keys()]) {
      if (!await this.#withdraw(text, signal)) return;
    }
  }

  async #withdraw(text: string, signal: AbortSignal): Promise<boolean> {
    const isDone = await this.#ask("DELETE", text, signal);
    if (isDone) this.#announced.delete(text);
    return isDone;
  }

  async #ask(method: "PUT" | "DELETE", text: string, signal: AbortSignal): Promise<boolean> {
    const { client, name } = this.#options;
    const path = [name, ...text.split("/")].map(encodeURIComponent).join("/");
    const answer = await client.ask({
      url: this.#url,
      method,
      path: `/announce/${path}`,
      signal,
    }, anything);
    return answer.ok || answer.refusal.code !== "unreachable";
  }
}
