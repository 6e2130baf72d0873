import type { Renderer, SubgroupLog, Track } from "../../track/mod.ts";
import type { PumpEnd } from "./pump_end.ts";
import type { StreamSupply } from "./stream_supply.ts";
import type { UnfinishedStreams } from "./unfinished_streams.ts";

/** What to send, and how. */
export interface PumpOptions {
  /** Where the stream comes from that the subgroup goes by. */
  readonly supply: StreamSupply;
  /** Where it goes when it cannot be sent to its end. */
  readonly unfinished: UnfinishedStreams;
  readonly track: Track;
  readonly log: SubgroupLog;
  /** The dialect that the subscriber speaks. */
  readonly renderer: Renderer;
  /** The first object that is wanted; undefined: the subgroup as it is, from its beginning. */
  readonly firstObject: number | undefined;
  /** See `SendStream.priority`. */
  readonly sendOrder: number;
  /** An object that began to arrive before the time that this returns, if any, is too old to be sent. */
  readonly oldest: () => number | undefined;
  /** The code of the reset for each way to end early. */
  readonly resetCode: (end: PumpEnd) => number;
}
