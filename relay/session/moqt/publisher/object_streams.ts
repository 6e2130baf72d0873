import { StreamSupply } from "../../delivery/stream_supply.ts";
import { type EndingMeans, UnfinishedStreams } from "../../delivery/unfinished_streams.ts";
import { MAX_PARKED_STREAMS, RELAY_LIMIT_FACTOR } from "../../limits.ts";
import type { SessionContext } from "../context.ts";
import { isRelay, understandsCuts } from "../connection/relay_peer.ts";

/** The streams that one session sends objects on: where they come from, and how they end early. */
export class ObjectStreams {
  readonly supply: StreamSupply;
  readonly unfinished: UnfinishedStreams;
  readonly #context: SessionContext;
  readonly #giveUpIdle: (wanted: number) => void;

  /** `giveUpIdle` gives up streams that have nothing to send, of groups that others have followed. */
  constructor(context: SessionContext, giveUpIdle: (wanted: number) => void) {
    const { clock, metrics, connection, log } = context;
    this.#context = context;
    this.#giveUpIdle = giveUpIdle;
    this.supply = new StreamSupply(connection, clock, (wanted) => this.#makeRoom(wanted));
    this.unfinished = new UnfinishedStreams(clock, metrics, {
      log,
      means: () => this.#means(),
      limit: () => MAX_PARKED_STREAMS * (isRelay(context.peer) ? RELAY_LIMIT_FACTOR : 1),
    });
  }

  /** The session ended. */
  close(): void {
    this.supply.close();
    this.unfinished.close();
  }

  #means(): EndingMeans {
    if (this.#context.connection.canReset) return "reset";
    return understandsCuts(this.#context.peer) ? "cut" : "park";
  }

  /** The peer allows no more streams than those that are open: those go that say nothing any more. */
  #makeRoom(wanted: number): void {
    const left = wanted - this.unfinished.relieve(wanted);
    if (left <= 0) return;
    this.#giveUpIdle(left);
    this.unfinished.relieve(left);
  }
}
