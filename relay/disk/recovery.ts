import type { ReadableFile, SegmentFiles } from "./files.ts";
import { GroupIndex } from "./group_index.ts";
import { MAX_HEADER_BYTES } from "./limits.ts";
import { isBodyOf, readRecordHead, RECORD_HEAD_BYTES } from "./record.ts";
import { Segment } from "./segment.ts";
import { FOOTER_END_BYTES, footerSize, readFooter } from "./segment_footer.ts";
import { readHeader } from "./segment_header.ts";

/** Bytes in which the header of most segments is. */
const USUAL_HEADER_BYTES = 4_096;

/**
 * Reads what a file of an earlier run has. One that was not finished is searched up to the first record
 * that is not whole, and cut there. Undefined for a file without a whole group. Rejects when the file
 * cannot be read.
 */
export async function recoverSegment(
  files: SegmentFiles,
  file: string,
): Promise<Segment | undefined> {
  const opened = await files.open(file);
  let segment: Segment | undefined;
  try {
    segment = await readSegment(opened, file);
  } finally {
    opened.close();
  }
  if (segment !== undefined && segment.size < opened.size) {
    await files.truncate(file, segment.size);
  }
  return segment === undefined || segment.index.count === 0 ? undefined : segment;
}

async function readSegment(opened: ReadableFile, file: string): Promise<Segment | undefined> {
  const read = readHeader(await opened.read(0, USUAL_HEADER_BYTES)) ??
    readHeader(await opened.read(0, MAX_HEADER_BYTES + USUAL_HEADER_BYTES));
  if (read === undefined) return undefined;
  const { header, size } = read;
  const finished = await readIndex(opened);
  const { index, lastTime, end } = finished ?? await search(opened, size);
  const segment = new Segment(file, header, { size: end, index, lastTime });
  segment.isFinished = true;
  return segment;
}

/** What is known of a segment's records. */
interface Found {
  readonly index: GroupIndex;
  readonly lastTime: number;
  /** Behind the last whole byte. */
  readonly end: number;
}

/** The index at the end of a finished segment. */
async function readIndex(opened: ReadableFile): Promise<Found | undefined> {
  const end = await opened.read(Math.max(0, opened.size - FOOTER_END_BYTES), FOOTER_END_BYTES);
  const size = footerSize(end);
  if (size === undefined || size > opened.size) return undefined;
  const footer = readFooter(await opened.read(opened.size - size, size));
  return footer && { ...footer, end: opened.size };
}

/** Goes from record to record. */
async function search(opened: ReadableFile, start: number): Promise<Found> {
  const index = new GroupIndex();
  let [lastTime, offset] = [0, start];
  for (;;) {
    const head = readRecordHead(await opened.read(offset, RECORD_HEAD_BYTES));
    if (head === undefined || offset + head.length > opened.size) break;
    const isLast = offset + head.length === opened.size;
    // Others were followed by something, and are checked when they are read.
    if (isLast && !isBodyOf(head, await opened.read(offset + RECORD_HEAD_BYTES, head.bodyLength))) {
      break;
    }
    index.add({ ...head, offset });
    lastTime = head.time;
    offset += head.length;
  }
  return { index, lastTime, end: offset };
}
