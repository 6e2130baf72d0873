/** A stream of a program. */
export interface ProgramStream {
  readonly pid: number;
  /** What it is (ISO/IEC 13818-1, table 2-34). */
  readonly type: number;
}

const PROGRAM_ASSOCIATION = 0;
const PROGRAM_MAP = 2;
const HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** Whether a table is that one, and in force. */
function isCurrent(section: Uint8Array, id: number): boolean {
  return section[0] === id && (section[5]! & 1) === 1;
}

/** The PID of the first program's map; undefined for another table. */
export function readAssociation(section: Uint8Array): number | undefined {
  if (!isCurrent(section, PROGRAM_ASSOCIATION)) return undefined;
  for (let at = HEAD_BYTES; at + 4 <= section.length - CHECKSUM_BYTES; at += 4) {
    // Number 0 is the network's.
    if (section[at] === 0 && section[at + 1] === 0) continue;
    return pidAt(section, at + 2);
  }
  return undefined;
}

/** The streams of a program; undefined for another table. */
export function readMap(section: Uint8Array): ProgramStream[] | undefined {
  if (!isCurrent(section, PROGRAM_MAP)) return undefined;
  const end = section.length - CHECKSUM_BYTES;
  const streams: ProgramStream[] = [];
  let at = HEAD_BYTES + 4 + lengthAt(section, HEAD_BYTES + 2);
  while (at + 5 <= end) {
    streams.push({ type: section[at]!, pid: pidAt(section, at + 1) });
    at += 5 + lengthAt(section, at + 3);
  }
  return streams;
}

function pidAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! & 0x1f) << 8 | bytes[at + 1]!;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 & 0xf00 | (bytes[at + 1] ?? 0);
}

/** What streams are called that are not taken, for those who wonder where theirs is. */
export function streamName(type: number): string {
  return NAMES[type] ?? `a stream of type 0x${type.toString(16).padStart(2, "0")}`;
}

const NAMES: Readonly<Record<number, string>> = {
  0x01: "MPEG-1 video",
  0x02: "MPEG-2 video",
  0x03: "MPEG audio (MP2, MP3)",
  0x04: "MPEG audio (MP2, MP3)",
  0x06: "private data (AC-3, Opus, subtitles)",
  0x10: "MPEG-4 video",
  0x11: "AAC in LATM",
  0x33: "H.266",
  0x81: "AC-3",
  0x87: "E-AC-3",
};
