import { GroupIndex } from "./group_index.ts";
import type { SegmentHeader } from "./segment_header.ts";

/** A file of groups of one track, and what is in it. */
export class Segment {
  /** The name of its file. */
  readonly file: string;
  readonly header: SegmentHeader;
  readonly index: GroupIndex;
  /** Its size on disk. */
  size: number;
  /** When its last group was recorded, in milliseconds since 1970. */
  lastTime: number;
  /** Whether nothing is added to it any more. */
  isFinished = false;

  constructor(
    file: string,
    header: SegmentHeader,
    { size = 0, index = new GroupIndex(), lastTime = header.since } = {},
  ) {
    this.file = file;
    this.header = header;
    this.index = index;
    this.size = size;
    this.lastTime = lastTime;
  }
}
