/** The control stream that each side of HTTP/3 opens (RFC 9114, section 6.2.1). */
import type { StreamReader } from "./stream_reader.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import type { FrameGuard } from "./frame_guard.ts";
import { encodeFrame, FrameReader, FrameType, integerPayload, unexpected } from "./frames.ts";
import { MAX_INTEGER_FRAME_SIZE, MAX_SETTINGS_SIZE } from "./limits.ts";
import { decodeSettings, encodeSettings, OUR_SETTINGS, type Settings } from "./settings.ts";
import { concat, encodeVarint } from "./varint.ts";

/** Types of unidirectional streams. */
export const UniStreamType = {
  control: 0x00n,
  push: 0x01n,
  qpackEncoder: 0x02n,
  qpackDecoder: 0x03n,
  webTransport: 0x54n,
} as const;

/** Everything that our control stream carries. */
export function controlStreamPreface(): Uint8Array<ArrayBuffer> {
  const settings = encodeFrame(FrameType.settings, encodeSettings(OUR_SETTINGS));
  return concat(encodeVarint(UniStreamType.control), settings);
}

/**
 * Reads the peer's control stream behind its type until it ends. Always rejects: with an {@linkcode
 * Http3Error}, or with the stream's error.
 */
export async function readControlStream(
  reader: StreamReader,
  guard: FrameGuard,
  onSettings: (settings: Settings) => void,
): Promise<never> {
  const frames = new FrameReader(reader, guard);
  const first = await frames.next();
  if (first === undefined) throw ended();
  if (first !== FrameType.settings) {
    throw new Http3Error(Http3Code.missingSettings, "The control stream begins without SETTINGS");
  }
  onSettings(decodeSettings(await frames.payload(MAX_SETTINGS_SIZE)));
  let goaway: bigint | undefined;
  for (;;) {
    const type = await frames.next();
    if (type === undefined) throw ended();
    if (FORBIDDEN.has(type)) throw unexpected(type);
    if (type === FrameType.cancelPush) {
      throw new Http3Error(Http3Code.idError, "CANCEL_PUSH names a push that nobody promised");
    }
    if (type === FrameType.goaway) {
      const id = integerPayload(await frames.payload(MAX_INTEGER_FRAME_SIZE));
      if (goaway !== undefined && id > goaway) {
        throw new Http3Error(Http3Code.idError, "A second GOAWAY allows more than the first");
      }
      goaway = id;
    }
  }
}

function ended(): Http3Error {
  return new Http3Error(Http3Code.closedCriticalStream, "The control stream ended");
}

const FORBIDDEN: ReadonlySet<bigint> = new Set([
  FrameType.data,
  FrameType.headers,
  FrameType.settings,
  FrameType.pushPromise,
]);
