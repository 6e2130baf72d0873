import { joinBytes } from "@qumo/shared/runtime";
import { avcSets } from "../../../relay/media/codec/avc.ts";
import { messageBytes } from "./rtmp_bytes.ts";

/** What x264 says of pictures of 160x120. */
export const AVCC = Uint8Array.fromHex(
  "0142c00affe100186742c00ada0a11f97011000003000100000300140f1226a001000468ce0fc8",
);

/** What x264 says of pictures of 322x242, in another profile. */
export const OTHER_AVCC = Uint8Array.fromHex(
  "0164000cffe1001b6764000cacd94150878888c044000003000400000300503c50a65801000668ebe3cb22c0fdf8f800",
);

/** What x265 says of pictures of 160x120, before a key frame, with start codes. */
export const HEVC_SETS = Uint8Array.fromHex(
  "0000000140010c01ffff01600000030090000003000003001e959809" +
    "00000001420101016000000300900000030000" +
    "03001ea014207965959a4932bc05a02000000300200000030321" +
    "000000014401c172b46240",
);

/** What ffmpeg says of AAC at 48 kHz. */
export const AAC = Uint8Array.fromHex("118856e500");

/** A frame of H.264: one unit, which a decoder can begin with or not. */
export function avcFrame(isKey: boolean, body = 10): Uint8Array {
  return joinBytes([Uint8Array.of(0, 0, 0, body + 1, isKey ? 0x65 : 0x41), new Uint8Array(body)]);
}

/** The parameter sets of an avcC, as a frame has them. */
export function setsWithLengths(avcc: Uint8Array): Uint8Array {
  return joinBytes(avcSets(avcc).flatMap((set) => [Uint8Array.of(0, 0, 0, set.length), set]));
}

/** How the decoder of video begins, by RTMP. */
export function videoConfigBytes(avcc: Uint8Array = AVCC): Uint8Array {
  return mediaBytes(VIDEO, [0x17, 0, 0, 0, 0], avcc);
}

/** How the decoder of audio begins, by RTMP. */
export function audioConfigBytes(): Uint8Array {
  return mediaBytes(AUDIO, [0xaf, 0], AAC);
}

/** A frame of video, by RTMP. */
export function videoBytes(timestamp: number, isKey: boolean, data = avcFrame(isKey)): Uint8Array {
  return mediaBytes(VIDEO, [isKey ? 0x17 : 0x27, 1, 0, 0, 0], data, timestamp);
}

/** A frame of audio, by RTMP. */
export function audioBytes(timestamp: number, data = Uint8Array.of(1, 2, 3)): Uint8Array {
  return mediaBytes(AUDIO, [0xaf, 1], data, timestamp);
}

const AUDIO = { type: 8, chunks: 5 };
const VIDEO = { type: 9, chunks: 6 };

function mediaBytes(kind: typeof AUDIO, head: number[], data: Uint8Array, timestamp = 0) {
  return messageBytes({ ...kind, payload: joinBytes([Uint8Array.from(head), data]), timestamp });
}
