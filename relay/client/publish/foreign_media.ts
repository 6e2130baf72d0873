/** What a file is that is no MP4, by its first bytes; undefined for one that may be. */
export function foreignMedia(head: Uint8Array): string | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, index) => head[index] === byte);
  if (head[0] === 0x47 && head[188] === 0x47) return "MPEG-TS";
  if (starts(0, 0, 0, 1) || starts(0, 0, 1)) return "a bare bitstream (Annex B)";
  if (starts(0x1a, 0x45, 0xdf, 0xa3)) return "Matroska or WebM";
  if (starts(0x46, 0x4c, 0x56)) return "FLV";
  return undefined;
}

/** The command that makes fragmented MP4 of nearly everything. */
export function conversion(file: string): string {
  return `  ffmpeg -i ${file} -c copy -f mp4 -movflags cmaf+delay_moov+frag_every_frame - | ` +
    "qumo-relay publish URL NAME -";
}
