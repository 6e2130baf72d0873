import { isAnnexB } from "../../media/codec/start_codes.ts";
import { PACKET_BYTES, SYNC_BYTE } from "../../media/mpegts/packets.ts";

/** What can be published. */
export type MediaFormat = "mp4" | "mpegts" | "h264";

/** What it is, by its first bytes: one of the formats that can be published, or another, in words. */
export type FoundFormat =
  | { readonly isTaken: true; readonly format: MediaFormat }
  | { readonly isTaken: false; readonly what: string };

/** How the formats are called. */
export const FORMAT_NAMES: Record<MediaFormat, string> = {
  mp4: "fragmented MP4",
  mpegts: "MPEG-TS",
  h264: "H.264 (Annex B)",
};

/** Bytes by which MPEG-TS is known that does not begin with a packet: three of them. */
const PROBE_BYTES = 4 * PACKET_BYTES;

/** Boxes that MP4 begins with. */
const BOXES = new Set(
  ["ftyp", "styp", "moov", "moof", "mdat", "sidx", "free", "skip", "wide", "emsg", "prft", "uuid"],
);

/** Others, by the text or the bytes that they begin with. */
const OTHERS: readonly (readonly [magic: string, what: string])[] = [
  ["\x1a\x45\xdf\xa3", "Matroska or WebM"],
  ["FLV", "FLV"],
  ["RIFF", "AVI or WAV"],
  ["OggS", "Ogg"],
  ["DKIF", "IVF"],
  ["YUV4MPEG2", "raw pictures (Y4M)"],
  ["\x89PNG", "a PNG"],
  ["\xff\xd8\xff", "a JPEG"],
  ["\x00\x00\x01\xba", "an MPEG program stream"],
  ["\x00\x00\x01\xb3", "MPEG-2 video without a container"],
  ["#EXTM3U", "a playlist of HLS"],
  ["ID3", "MP3"],
];

/** What begins with these bytes; undefined when more of them have to come, and `isWhole` says that none do. */
export function formatOf(head: Uint8Array, isWhole: boolean): FoundFormat | undefined {
  if (head.length < 8 && !isWhole) return undefined;
  const text = String.fromCharCode(...head.subarray(0, 16));
  if (BOXES.has(text.slice(4, 8))) return taken("mp4");
  const other = OTHERS.find(([magic]) => text.startsWith(magic));
  if (other !== undefined) return foreign(other[1]);
  if (isAnnexB(head)) return isH265(head) ? foreign("H.265 without a container") : taken("h264");
  if (head[0] === 0xff && (head[1]! & 0xf6) === 0xf0) return foreign("AAC without a container");
  if (head.length < PROBE_BYTES && !isWhole) return undefined;
  if (hasPackets(head)) return taken("mpegts");
  if (head.length === 0) return foreign("empty");
  return foreign(`nothing that is known here: it begins with ${head.subarray(0, 8).toHex()}`);
}

const taken = (format: MediaFormat): FoundFormat => ({ isTaken: true, format });
const foreign = (what: string): FoundFormat => ({ isTaken: false, what });

/** Sets, a delimiter or enhancement information of H.265, whose heads no unit of H.264 has. */
function isH265(head: Uint8Array): boolean {
  const at = head.indexOf(1) + 1;
  return [0x40, 0x42, 0x44, 0x46, 0x4e].includes(head[at]!) && head[at + 1] === 1;
}

function hasPackets(head: Uint8Array): boolean {
  const limit = Math.min(PACKET_BYTES, head.length);
  for (let at = 0; at < limit; at++) {
    const places = [at, at + PACKET_BYTES, at + 2 * PACKET_BYTES].filter((one) =>
      one < head.length
    );
    // A short one is known when it is whole packets.
    const isEnough = places.length === 3 || at === 0 && head.length % PACKET_BYTES === 0;
    if (isEnough && places.every((one) => head[one] === SYNC_BYTE)) return true;
  }
  return false;
}

/** The command that makes fragmented MP4 of nearly everything. */
export function conversion(file: string): string {
  return `  ffmpeg -i ${file} -c copy -f mp4 -movflags cmaf+delay_moov+frag_every_frame - | ` +
    "qumo-relay publish URL NAME -";
}
