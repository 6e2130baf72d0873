import { StreamCode } from "@qumo/shared/wire";

/** How a pump ended, and the code with which its stream is reset if it ends before the subgroup. */
export const PUMP_ENDS = {
  /** Everything that the subscription includes was sent. */
  finished: StreamCode.CANCELLED,
  /** There was nothing to send, so no stream was opened. */
  empty: StreamCode.CANCELLED,
  /** The rest of the subgroup will never arrive. */
  incomplete: StreamCode.CANCELLED,
  /** The cache evicted bytes before they were sent. */
  evicted: StreamCode.TOO_FAR_BEHIND,
  /** The next object is older than the delivery timeout. */
  expired: StreamCode.DELIVERY_TIMEOUT,
  /** The stream was given up for a newer or more urgent subgroup. */
  superseded: StreamCode.CANCELLED,
  /** The subscriber reads too slowly. */
  behind: StreamCode.TOO_FAR_BEHIND,
  /** The subscriber's protocol version cannot express the next object. */
  inexpressible: StreamCode.CANCELLED,
  /** The owner stopped the pump. */
  stopped: StreamCode.CANCELLED,
  /** Too many streams wait for the peer's stream credit. */
  crowded: StreamCode.TOO_FAR_BEHIND,
  /** The peer stopped the stream, or the connection ended. */
  refused: StreamCode.CANCELLED,
} as const;

/** How a pump ended. */
export type PumpEnd = keyof typeof PUMP_ENDS;
