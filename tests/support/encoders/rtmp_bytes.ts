import { joinBytes } from "@qumo/shared/runtime";
import { type AmfValue, writeAmf } from "../../../relay/media/rtmp/amf.ts";

/** A message as a client sends it. */
export interface ClientMessage {
  readonly type: number;
  readonly payload: Uint8Array;
  readonly timestamp?: number;
  /** The chunk stream; each kind of message has its own as a rule. */
  readonly chunks?: number;
  readonly stream?: number;
}

/** C0, C1 and C2 of a client that does not wait for the answers. */
export function handshakeBytes(): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * 1_536);
  bytes[0] = 3;
  return bytes;
}

/** A message with a whole header, in chunks of this many bytes. */
export function messageBytes(
  { type, payload, timestamp = 0, chunks = 4, stream = 1 }: ClientMessage,
  chunkBytes = 128,
): Uint8Array {
  const isExtended = timestamp >= 0xffffff;
  const head = new Uint8Array(12 + (isExtended ? 4 : 0));
  const view = new DataView(head.buffer);
  head[0] = chunks;
  view.setUint32(0, (chunks << 24 | (isExtended ? 0xffffff : timestamp)) >>> 0);
  view.setUint32(4, (payload.length << 8 | type) >>> 0);
  view.setUint32(8, stream, true);
  if (isExtended) view.setUint32(12, timestamp);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at === 0 || at < payload.length; at += chunkBytes) {
    if (at > 0) parts.push(Uint8Array.of(0xc0 | chunks), head.subarray(12));
    parts.push(payload.subarray(at, at + chunkBytes));
  }
  return joinBytes(parts);
}

/** A command as a message. */
export function commandBytes(...values: AmfValue[]): Uint8Array {
  return messageBytes({ type: 20, payload: writeAmf(values), chunks: 3 });
}

/** What a client says before it sends media. */
export function publishBytes(app: string, key: string): Uint8Array {
  return joinBytes([
    handshakeBytes(),
    commandBytes("connect", 1, { app, tcUrl: `rtmp://relay/${app}`, fourCcList: ["hvc1"] }),
    commandBytes("createStream", 2, null),
    commandBytes("publish", 3, null, key, "live"),
  ]);
}
