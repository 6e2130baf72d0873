import type { Clock, Log } from "@qumo/shared/runtime";
import { z } from "zod";
import type { ControllerClient } from "./controller_client.ts";
import { MAX_SINGLE_ANNOUNCES, SINGLE_ANNOUNCE_MS } from "./limits.ts";

/** What a controller answers to an announce; nothing of it matters here. */
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
 * Keeps up the announces of this relay at a controller that takes none with a heartbeat, as those
 * before this program's do: each has a request of its own, and lives for a while.
 */
export class SingleAnnounces {
  readonly #options: SingleAnnouncesOptions;
  /** When each was announced last, by text, at the controller that heartbeats go to. */
  readonly #announced = new Map<string, number>();
  #url = "";
  #isUntoldSaid = false;

  constructor(options: SingleAnnouncesOptions) {
    this.#options = options;
  }

  /** Announces what is new or would be forgotten soon, and withdraws what is not there any more. */
  async tell(url: string, texts: readonly string[], signal: AbortSignal): Promise<void> {
    if (url !== this.#url) this.#announced.clear();
    this.#url = url;
    const { clock } = this.#options;
    const told = texts.slice(0, MAX_SINGLE_ANNOUNCES);
    const untold = texts.length - told.length;
    if (untold > 0 && !this.#isUntoldSaid) {
      this.#options.log.warn(
        "an older controller is told no more announces: viewers at other relays cannot find the rest",
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
      // The next heartbeat tries again: who does not answer one request is not asked for hundreds.
      if (!await this.#ask("PUT", text, signal)) return;
      this.#announced.set(text, clock.now());
    }
  }

  /** Withdraws everything: such a controller would keep it beyond the relay's own end. */
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
