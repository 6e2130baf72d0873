import { StreamCode } from "@qumo/shared/wire";

/** How a pump ended, and the code of the reset where its stream ends before the subgroup does. */
export const PUMP_ENDS = {
  /** Everything that the subscriber wants of the subgroup was sent. */
  finished: StreamCode.CANCELLED,
  /** There was nothing to send, so no stream was opened. */
  empty: StreamCode.CANCELLED,
  /** The subgroup's tail will never come. */
  incomplete: StreamCode.CANCELLED,
  /** The cache let go of bytes that were still to be sent. */
  evicted: StreamCode.TOO_FAR_BEHIND,
  /** The object that would come next is too old to be sent. */
  expired: StreamCode.DELIVERY_TIMEOUT,
  /** Its place was wanted for something newer or more urgent. */
  superseded: StreamCode.CANCELLED,
  /** The subscriber takes too little to be sent anything more. */
  behind: StreamCode.TOO_FAR_BEHIND,
  /** The subscriber's version of the protocol cannot say what comes next. */
  inexpressible: StreamCode.CANCELLED,
  /** The owner stopped it. */
  stopped: StreamCode.CANCELLED,
  /** Too many streams wait until the peer allows them. */
  crowded: StreamCode.TOO_FAR_BEHIND,
  /** The peer does not want the stream, or the connection is gone. */
  refused: StreamCode.CANCELLED,
} as const;

/** How a pump ended. */
export type PumpEnd = keyof typeof PUMP_ENDS;
