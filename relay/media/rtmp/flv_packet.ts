import type { CodecName } from "../codec/codecs.ts";
import { RtmpError } from "./errors.ts";
import { MAX_PACKET_EXTENSIONS } from "./limits.ts";

/** What a packet of FLV has for one track. */
export interface FlvPacket {
  /** 0 where there is only one of its kind. */
  readonly track: number;
  /** Undefined: one that is not supported. */
  readonly codec: CodecName | undefined;
  readonly kind: "config" | "frame" | "end";
  readonly isKey: boolean;
  /** Milliseconds from decoding to presentation. */
  readonly delay: number;
  readonly data: Uint8Array;
}

const VIDEO_CODECS: Readonly<Record<number, CodecName>> = { 7: "avc", 12: "hevc" };
const FOURCCS: Readonly<Record<string, CodecName>> = {
  avc1: "avc",
  hvc1: "hevc",
  av01: "av1",
  mp4a: "aac",
  Opus: "opus",
};

const KEY_FRAME = 1;
const COMMAND_FRAME = 5;
const AAC = 10;
const EXTENDED_AUDIO = 9;

/** Types of packets of enhanced RTMP; those of audio are the same as far as they go. */
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const SEQUENCE_END = 2;
const CODED_FRAMES_X = 3;
const MULTITRACK_AUDIO = 5;
const MULTITRACK_VIDEO = 6;
const MOD_EX = 7;

/** The packets of one message of video. Throws {@linkcode RtmpError} for one that is cut off. */
export function readVideo(payload: Uint8Array): FlvPacket[] {
  const first = payload[0];
  if (first === undefined) return [];
  const frameType = first >> 4 & 7;
  if (first & 0x80) {
    const head = { type: first & 15, isKey: frameType === KEY_FRAME, isVideo: true };
    return frameType === COMMAND_FRAME ? [] : extended(new PacketReader(payload, 1), head);
  }
  if (frameType === COMMAND_FRAME) return [];
  const codec = VIDEO_CODECS[first & 15];
  const reader = new PacketReader(payload, 1);
  const type = codec === undefined ? CODED_FRAMES : reader.byte();
  const delay = codec === undefined ? 0 : reader.signed24();
  const kind = kindOf(type);
  if (kind === undefined) return [];
  return [{ track: 0, codec, kind, isKey: frameType === KEY_FRAME, delay, data: reader.rest() }];
}

/** The packets of one message of audio. */
export function readAudio(payload: Uint8Array): FlvPacket[] {
  const first = payload[0];
  if (first === undefined) return [];
  const reader = new PacketReader(payload, 1);
  const format = first >> 4;
  if (format === EXTENDED_AUDIO) {
    return extended(reader, { type: first & 15, isKey: true, isVideo: false });
  }
  const codec = format === AAC ? "aac" as const : undefined;
  const kind = codec === undefined ? "frame" : kindOf(reader.byte());
  if (kind === undefined) return [];
  return [{ track: 0, codec, kind, isKey: true, delay: 0, data: reader.rest() }];
}

function kindOf(type: number): FlvPacket["kind"] | undefined {
  switch (type) {
    case SEQUENCE_START:
      return "config";
    case CODED_FRAMES:
    case CODED_FRAMES_X:
      return "frame";
    case SEQUENCE_END:
      return "end";
    default:
      return undefined;
  }
}

/** The head of a packet of enhanced RTMP. */
interface Head {
  readonly type: number;
  readonly isKey: boolean;
  readonly isVideo: boolean;
}

function extended(reader: PacketReader, head: Head): FlvPacket[] {
  const { isVideo } = head;
  let { type } = head;
  for (let left = MAX_PACKET_EXTENSIONS; type === MOD_EX; left--) {
    if (left === 0) throw new RtmpError("A packet has too many extensions");
    type = reader.extension();
  }
  if (type !== (isVideo ? MULTITRACK_VIDEO : MULTITRACK_AUDIO)) {
    return one(reader, { ...head, type }, { track: 0, fourCc: reader.fourCc() });
  }
  return multitrack(reader, head);
}

/** How the tracks of a packet share their codec. */
const ONE_TRACK = 0;
const MANY_CODECS = 2;

function multitrack(reader: PacketReader, head: Head): FlvPacket[] {
  const byte = reader.byte();
  const [form, type] = [byte >> 4, byte & 15];
  const shared = form === MANY_CODECS ? undefined : reader.fourCc();
  const packets: FlvPacket[] = [];
  while (!reader.isAtEnd) {
    const fourCc = shared ?? reader.fourCc();
    const track = reader.byte();
    const part = form === ONE_TRACK ? reader : reader.part(reader.unsigned24());
    packets.push(...one(part, { ...head, type }, { track, fourCc }));
    if (form === ONE_TRACK) break;
  }
  return packets;
}

function one(
  reader: PacketReader,
  { type, isKey, isVideo }: Head,
  { track, fourCc }: { readonly track: number; readonly fourCc: string },
): FlvPacket[] {
  const kind = isVideo || type !== CODED_FRAMES_X ? kindOf(type) : undefined;
  if (kind === undefined) return [];
  const codec = FOURCCS[fourCc];
  const hasDelay = isVideo && type === CODED_FRAMES && (codec === "avc" || codec === "hevc");
  const delay = hasDelay ? reader.signed24() : 0;
  return [{ track, codec, kind, isKey, delay, data: reader.rest() }];
}

/** Reads a packet from its beginning. */
class PacketReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RtmpError("A packet of media is cut off");
    return value;
  }

  unsigned24(): number {
    return this.byte() * 65_536 + this.byte() * 256 + this.byte();
  }

  signed24(): number {
    return this.unsigned24() << 8 >> 8;
  }

  fourCc(): string {
    return String.fromCharCode(this.byte(), this.byte(), this.byte(), this.byte());
  }

  /** Passes an extension, and returns the type of what follows. */
  extension(): number {
    let length = this.byte() + 1;
    if (length === 256) length = this.byte() * 256 + this.byte() + 1;
    this.#at += length;
    return this.byte() & 15;
  }

  /** So many of the next bytes, by themselves. */
  part(length: number): PacketReader {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RtmpError("A track of a packet is cut off");
    const part = new PacketReader(this.#bytes.subarray(this.#at, end), 0);
    this.#at = end;
    return part;
  }

  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }
}
