/** What is in a frame of H.264 or H.265 whose units have their lengths before them. */
export interface NalUnits {
  /** Whether the units fill the frame exactly. */
  readonly isSound: boolean;
  /** Whether a decoder can begin with the frame. */
  readonly isKey: boolean;
}

/** Looks over the NAL units of a frame. */
export function nalUnits(data: Uint8Array, lengthBytes: number, codec: "avc" | "hevc"): NalUnits {
  let isKey = false;
  let at = 0;
  while (at + lengthBytes < data.length) {
    let length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + data[at + index]!;
    at += lengthBytes;
    if (length === 0) continue;
    if (length > data.length - at) return { isSound: false, isKey };
    const first = data[at]!;
    const isRefresh = codec === "avc" ? (first & 31) === 5 : isRandomAccess(first >> 1 & 63);
    if (isRefresh) isKey = true;
    at += length;
  }
  return { isSound: at === data.length && data.length > 0, isKey };
}

/** Pictures of H.265 that decoding can begin with: BLA, IDR and CRA (H.265, 7.4.2.2). */
function isRandomAccess(type: number): boolean {
  return type >= 16 && type <= 21;
}
