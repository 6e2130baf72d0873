import type { StreamErrorName } from "@qumo/shared/wire";
import type { Renderer, SubgroupLog, Track } from "../../track/mod.ts";
import type { PumpEnd } from "./pump_end.ts";
import type { StreamSupply } from "./stream_supply.ts";
import type { UnfinishedStreams } from "./unfinished_streams.ts";

/** What a pump sends, and how. */
export interface PumpOptions {
  /** Where the pump gets its stream. */
  readonly supply: StreamSupply;
  /** Handles a stream that cannot be sent to its end. */
  readonly unfinished: UnfinishedStreams;
  readonly track: Track;
  readonly log: SubgroupLog;
  /** The dialect that the subscriber speaks. */
  readonly renderer: Renderer;
  /** The first object to send; undefined: the whole subgroup from its start. */
  readonly firstObject: number | undefined;
  /** What precedes the subgroup on this subscriber's stream alone, from this object on. */
  readonly header?: ((firstObject: number) => Uint8Array) | undefined;
  /** The last object to send; undefined: to the end of the subgroup. */
  readonly lastObject?: number | undefined;
  /** Whether a stream that ends with `lastObject` is whole, and finished: any other is reset. */
  readonly isWholeAtLast?: boolean | undefined;
  /** See {@linkcode SendStream.priority}. */
  readonly sendOrder: number;
  readonly terms: PumpTerms;
}

/** What pumps of one subscription have in common, which changes meanwhile. */
export interface PumpTerms {
  /** The arrival time before which an object is too old to be sent; undefined for no limit. */
  oldest(log: SubgroupLog): number | undefined;
  /** The reason of the reset for each early end. */
  resetCode(end: PumpEnd): StreamErrorName;
}
