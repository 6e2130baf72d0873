import { type Clock, messageOf, type Timer } from "@qumo/shared/runtime";
import type { EventLog } from "./event_log.ts";
import { STORE_LOOK_MS } from "./limits.ts";

/** Says once that the store or a peer is lost, and once that it is back. */
export class Outages {
  readonly #events: EventLog;
  readonly #lostPeers = new Set<string>();
  #isStoreLost = false;
  #look: Timer | undefined;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** The store kept something, or is in order. */
  storeIsFine(): void {
    if (this.#isStoreLost) this.#events.add("store_back");
    this.#isStoreLost = false;
  }

  /** The store did not keep something. */
  storeFailed(error: unknown): void {
    if (!this.#isStoreLost) this.#events.add("store_lost", { detail: messageOf(error) });
    this.#isStoreLost = true;
  }

  /** Looks at a store now and then that can be lost while nothing is written to it. */
  watchStore(clock: Clock, isHealthy: () => boolean): void {
    this.#look = clock.after(STORE_LOOK_MS, () => {
      if (isHealthy()) this.storeIsFine();
      else this.storeFailed("it has no quorum");
      this.watchStore(clock, isHealthy);
    });
  }

  /** An exchange with a peer succeeded, or failed with an error. */
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

  /** Looks no more. */
  close(): void {
    this.#look?.cancel();
  }
}
