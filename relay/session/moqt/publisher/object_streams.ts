import type { Clock, Log } from "@qumo/shared/runtime";
import type { SetupOptions, StreamCodes } from "@qumo/shared/wire";
import type { Connection } from "../../../transport/types.ts";
import type { Track } from "../../../track/mod.ts";
import {
  Subscription,
  type SubscriptionContext,
  type SubscriptionOptions,
  type SubscriptionOwner,
} from "../../delivery/subscription.ts";
import { StreamSupply } from "../../delivery/stream_supply.ts";
import { type EndingMeans, UnfinishedStreams } from "../../delivery/unfinished_streams.ts";
import { MAX_PARKED_STREAMS, RELAY_LIMIT_FACTOR } from "../../limits.ts";
import type { SessionMetrics } from "../../metrics.ts";
import { isRelay, understandsCuts } from "../connection/relay_peer.ts";

/** The dependencies of {@linkcode ObjectStreams}. */
export interface ObjectStreamParts {
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly connection: Connection;
  readonly log: Log;
  readonly peer: SetupOptions;
  /** The codes of the peer's draft. */
  readonly codes: StreamCodes;
}

/** A holder of streams that may be idle. */
export interface IdleHolder {
  /** Gives up an idle stream of a superseded group; false when there is none. */
  giveUpIdle(): boolean;
}

/** The streams on which one session sends objects: their supply and their early end. */
export class ObjectStreams {
  readonly supply: StreamSupply;
  readonly unfinished: UnfinishedStreams;
  readonly #parts: ObjectStreamParts;
  readonly #holders = new Set<IdleHolder>();

  constructor(parts: ObjectStreamParts) {
    const { clock, metrics, connection, log, peer, codes } = parts;
    this.#parts = parts;
    this.supply = new StreamSupply(connection, clock, (wanted) => this.#makeRoom(wanted));
    this.unfinished = new UnfinishedStreams(clock, metrics, {
      log,
      codes,
      means: () => this.#means(),
      limit: () => MAX_PARKED_STREAMS * (isRelay(peer) ? RELAY_LIMIT_FACTOR : 1),
    });
  }

  /** Creates a subscription that sends a track on these streams. */
  deliver(
    { track, options, owner }: {
      readonly track: Track;
      readonly options: SubscriptionOptions;
      readonly owner: SubscriptionOwner;
    },
    how: Pick<SubscriptionContext, "renderer" | "limits">,
  ): Subscription {
    const { connection, clock, metrics } = this.#parts;
    const { supply, unfinished } = this;
    const context = { connection, supply, unfinished, clock, metrics, ...how };
    return new Subscription(track, options, context, owner);
  }

  /** Registers a holder of streams; the returned function removes it. */
  usedBy(holder: IdleHolder): () => void {
    this.#holders.add(holder);
    return () => void this.#holders.delete(holder);
  }

  /** Closes all streams; called when the session ends. */
  close(): void {
    this.supply.close();
    this.unfinished.close();
  }

  #means(): EndingMeans {
    if (this.#parts.connection.canReset) return "reset";
    return understandsCuts(this.#parts.peer) ? "cut" : "park";
  }

  /** The peer grants no more stream credit: finish parked streams, then give up idle ones. */
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
