import { type Clock, messageOf, type Timer } from "@qumo/shared/runtime";
import type { EventLog } from "./event_log.ts";
import { STORE_LOOK_MS } from "./limits.ts";

/** Reports the loss of the store or of a peer once, and its return once. */
export class Outages {
  readonly #events: EventLog;
  readonly #lostPeers = new Set<string>();
  #isStoreLost = false;
  #look: Timer | undefined;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** A write to the store succeeded, or its health check did. */
  storeIsFine(): void {
    if (this.#isStoreLost) this.#events.add("store_back");
    this.#isStoreLost = false;
  }

  /** A write to the store failed, or its health check did. */
  storeFailed(error: unknown): void {
    if (!this.#isStoreLost) this.#events.add("store_lost", { detail: messageOf(error) });
    this.#isStoreLost = true;
  }

  /** Checks a store's health periodically, since it can fail while nothing is written. */
  watchStore(clock: Clock, isHealthy: () => boolean): void {
    this.#look = clock.after(STORE_LOOK_MS, () => {
      if (isHealthy()) this.storeIsFine();
      else this.storeFailed("it has no quorum");
      this.watchStore(clock, isHealthy);
    });
  }

  /** Notes the result of an exchange with a peer. */
  peer(peer: string, error?: unknown): void {
    const wasLost = this.#lostPeers.has(peer);
    if (error === undefined) {
      this.#lostPeers.delete(peer);
      if (wasLost) this.#events.add("peer_back", { peer });
    } else if (!wasLost) {
      this.#lostPeers.add(peer);
      this.#events.add("peer_lost", { peer, detail: messageOf(error) });
    }
  }

  /** Stops the health checks. */
  close(): void {
    this.#look?.cancel();
  }
}
