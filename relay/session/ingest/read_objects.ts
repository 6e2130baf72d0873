import { SHORT } from "@qumo/shared/wire";
import type { FeedWriter } from "../../track/mod.ts";
import type { Input } from "../input.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { FeedDrops } from "./feed_drops.ts";
import { ObjectTooLarge } from "./object_too_large.ts";

/** Decodes the headers of the objects of one stream. */
interface HeaderDecoder {
  /** Decodes one header; returns where its payload begins, or `SHORT`. */
  decode(bytes: Uint8Array, start: number, end: number): number;
  /** The length of the payload behind the header that was decoded last. */
  readonly payloadLength: number;
}

/** What {@linkcode readObjects} reads with, and where to. */
export interface ObjectTarget {
  readonly decoder: HeaderDecoder;
  readonly writer: FeedWriter;
  readonly drops: FeedDrops;
  readonly received: SessionMetrics["received"];
  readonly maxObjectBytes: number;
  /** Begins the object whose header was decoded last; false for one that is only said to be missing. */
  begin(): boolean;
}

/**
 * The hot loop: decodes and appends everything in the buffer before it awaits. Returns at the end of
 * the stream, or behind an object that nothing can follow: true behind a whole object.
 */
export async function readObjects(input: Input, target: ObjectTarget): Promise<boolean> {
  const { decoder, writer, drops, received, maxObjectBytes } = target;
  let payloadLeft = 0;
  do {
    received.bytes += input.length;
    while (input.start < input.end) {
      if (payloadLeft > 0) {
        const end = Math.min(input.end, input.start + payloadLeft);
        writer.payload(input.bytes.subarray(input.start, end));
        payloadLeft -= end - input.start;
        input.start = end;
        continue;
      }
      const payloadStart = decoder.decode(input.bytes, input.start, input.end);
      if (payloadStart === SHORT) break;
      payloadLeft = decoder.payloadLength;
      if (payloadLeft > maxObjectBytes) throw new ObjectTooLarge(payloadLeft, maxObjectBytes);
      input.start = payloadStart;
      if (target.begin()) received.objects++;
    }
    received.bytes -= input.length;
    writer.flush();
    if (!writer.wasDropped) drops.kept();
  } while (!writer.endsByMark && await input.fill());
  return writer.endsByMark || payloadLeft === 0 && input.length === 0;
}
