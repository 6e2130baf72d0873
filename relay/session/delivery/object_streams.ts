import type { Clock, Log } from "@qumo/shared/runtime";
import type { StreamCodes } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import type { Track } from "../../track/mod.ts";
import { Subscription } from "./subscription.ts";
import type { SubscriptionContext, SubscriptionOwner } from "./subscription_context.ts";
import type { SubscriptionOptions } from "./subscription_options.ts";
import { StreamSupply } from "./stream_supply.ts";
import { UnfinishedStreams } from "./unfinished_streams.ts";
import type { SessionMetrics } from "../metrics.ts";

/** The dependencies of {@linkcode ObjectStreams}. */
export interface ObjectStreamParts {
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly connection: Connection;
  readonly log: Log;
  /** The codes of the peer's dialect. */
  readonly codes: StreamCodes;
  /** Whether the peer takes a FIN within an object for a reset. */
  readonly understandsCuts: boolean;
  /** Streams that may be parked at once. */
  readonly maxParked: number;
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
    const { clock, metrics, connection, log, codes, understandsCuts, maxParked } = parts;
    this.#parts = parts;
    this.supply = new StreamSupply(connection, clock, (wanted) => this.#makeRoom(wanted));
    this.unfinished = new UnfinishedStreams(clock, metrics, {
      log,
      codes,
      means: connection.canReset ? "reset" : understandsCuts ? "cut" : "park",
      limit: maxParked,
    });
  }

  /** Creates a subscription that sends a track on these streams. */
  deliver(
    { track, options, owner }: {
      readonly track: Track;
      readonly options: SubscriptionOptions;
      readonly owner: SubscriptionOwner;
    },
    how: Pick<
      SubscriptionContext,
      "renderer" | "limits" | "header" | "isWholeAtLast" | "datagrams"
    >,
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
