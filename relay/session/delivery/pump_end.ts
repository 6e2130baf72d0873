import type { StreamErrorName } from "@qumo/shared/wire";
import type { Skip } from "../../vocabulary/mod.ts";

/** How a pump ended, and why its stream is reset if it ends before the subgroup. */
export const PUMP_ENDS = {
  /** Everything that the subscription includes was sent. */
  finished: "cancelled",
  /** There was nothing to send, so no stream was opened. */
  empty: "cancelled",
  /** The rest of the subgroup will never arrive. */
  incomplete: "cancelled",
  /** The cache evicted bytes before they were sent. */
  evicted: "too_far_behind",
  /** The next object is older than the delivery timeout. */
  expired: "delivery_timeout",
  /** The stream was given up for a newer or more urgent subgroup. */
  superseded: "cancelled",
  /** The subscriber reads too slowly. */
  behind: "too_far_behind",
  /** The subscriber's protocol version cannot express the next object. */
  inexpressible: "cancelled",
  /** The owner stopped the pump. */
  stopped: "cancelled",
  /** Too many streams wait for the peer's stream credit. */
  crowded: "too_far_behind",
  /** The peer stopped the stream, or the connection ended. */
  refused: "cancelled",
} as const satisfies Readonly<Record<string, StreamErrorName>>;

/** How a pump ended. */
export type PumpEnd = keyof typeof PUMP_ENDS;

/** The skip that is counted for each early end of a pump. */
export const SKIPS_OF_ENDS: { readonly [End in PumpEnd]?: Skip } = {
  evicted: "evicted",
  expired: "delivery_timeout",
  superseded: "superseded",
  crowded: "streams",
  inexpressible: "inexpressible",
};
