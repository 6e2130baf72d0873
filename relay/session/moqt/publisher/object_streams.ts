import type { Clock, Log } from "@qumo/shared/runtime";
import type { SetupOptions } from "@qumo/shared/wire";
import type { Connection } from "../../../transport/types.ts";
import type { Track } from "../../../track/mod.ts";
import {
  Subscription,
  type SubscriptionContext,
  type SubscriptionOwner,
  type Wishes,
} from "../../delivery/subscription.ts";
import { StreamSupply } from "../../delivery/stream_supply.ts";
import { type EndingMeans, UnfinishedStreams } from "../../delivery/unfinished_streams.ts";
import { MAX_PARKED_STREAMS, RELAY_LIMIT_FACTOR } from "../../limits.ts";
import type { SessionMetrics } from "../../metrics.ts";
import { isRelay, understandsCuts } from "../connection/relay_peer.ts";

/** What {@linkcode ObjectStreams} works with. */
export interface ObjectStreamParts {
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly connection: Connection;
  readonly log: Log;
  readonly peer: SetupOptions;
}

/** Somebody who may hold streams that have nothing to send. */
export interface IdleHolder {
  /** Gives up such a stream, of a group that others have followed; false when there is none. */
  giveUpIdle(): boolean;
}

/** The streams that one session sends objects on: where they come from, and how they end early. */
export class ObjectStreams {
  readonly supply: StreamSupply;
  readonly unfinished: UnfinishedStreams;
  readonly #parts: ObjectStreamParts;
  readonly #holders = new Set<IdleHolder>();

  constructor(parts: ObjectStreamParts) {
    const { clock, metrics, connection, log, peer } = parts;
    this.#parts = parts;
    this.supply = new StreamSupply(connection, clock, (wanted) => this.#makeRoom(wanted));
    this.unfinished = new UnfinishedStreams(clock, metrics, {
      log,
      means: () => this.#means(),
      limit: () => MAX_PARKED_STREAMS * (isRelay(peer) ? RELAY_LIMIT_FACTOR : 1),
    });
  }

  /** Makes what sends a track over these streams. */
  deliver(
    { track, wishes, owner }: {
      readonly track: Track;
      readonly wishes: Wishes;
      readonly owner: SubscriptionOwner;
    },
    how: Pick<SubscriptionContext, "renderer" | "limits">,
  ): Subscription {
    const { connection, clock, metrics } = this.#parts;
    const { supply, unfinished } = this;
    const context = { connection, supply, unfinished, clock, metrics, ...how };
    return new Subscription(track, wishes, context, owner);
  }

  /** Somebody uses streams from here; the result says that it does no longer. */
  usedBy(holder: IdleHolder): () => void {
    this.#holders.add(holder);
    return () => void this.#holders.delete(holder);
  }

  /** The session ended. */
  close(): void {
    this.supply.close();
    this.unfinished.close();
  }

  #means(): EndingMeans {
    if (this.#parts.connection.canReset) return "reset";
    return understandsCuts(this.#parts.peer) ? "cut" : "park";
  }

  /** The peer allows no more streams than those that are open: those go that say nothing any more. */
  #makeRoom(wanted: number): void {
    const left = wanted - this.unfinished.relieve(wanted);
    if (left <= 0) return;
    this.#giveUpIdle(left);
    this.unfinished.relieve(left);
  }

  #giveUpIdle(wanted: number): void {
    let left = wanted;
    for (const holder of this.#holders) {
      while (left > 0 && holder.giveUpIdle()) left--;
    }
  }
}
