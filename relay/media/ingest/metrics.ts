import type { Traffic } from "../../views.ts";
import type {
  DropReason,
  EncoderEnd,
  EncoderLimit,
  EncoderRefusal,
  FrameDrop,
  IngestProtocol,
} from "../../vocabulary/mod.ts";

/** Counts of what encoders bring, and of the encoders themselves: plain numbers, read at each scrape. */
export interface IngestMetrics {
  /** As of other publishers. */
  readonly received: Traffic;
  readonly sent: Traffic;
  duplicateObjects: number;
  readonly droppedObjects: Record<DropReason, number>;
  readonly encoders: EncoderMetrics;
}

/** Counts of encoders. */
export interface EncoderMetrics {
  /** Encoders that were let in, by how they came. */
  readonly begun: Record<IngestProtocol, number>;
  readonly refused: Record<EncoderRefusal, number>;
  readonly ended: Record<EncoderEnd, number>;
  /** Frames that became objects. */
  frames: number;
  readonly framesDropped: Record<FrameDrop, number>;
  /** Times that a limit slowed an encoder down, or ended its connection. */
  readonly limits: Record<EncoderLimit, number>;
}
