import { RTMP_CHUNK_BYTES } from "./limits.ts";

/** Message types that the relay sends. */
export const MessageType = {
  SET_CHUNK_SIZE: 1,
  ACKNOWLEDGEMENT: 3,
  USER_CONTROL: 4,
  WINDOW_SIZE: 5,
  PEER_BANDWIDTH: 6,
  AUDIO: 8,
  VIDEO: 9,
  DATA_AMF3: 15,
  COMMAND_AMF3: 17,
  DATA: 18,
  COMMAND: 20,
  AGGREGATE: 22,
} as const;

// The chunk streams that servers use.
const [CONTROL_CHUNKS, COMMAND_CHUNKS] = [2, 3];

/** A message as one chunk; its payload fits into one of {@linkcode RTMP_CHUNK_BYTES}. */
export function writeMessage(type: number, payload: Uint8Array, stream = 0): Uint8Array {
  const length = Math.min(payload.length, RTMP_CHUNK_BYTES);
  const bytes = new Uint8Array(12 + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = type === MessageType.COMMAND ? COMMAND_CHUNKS : CONTROL_CHUNKS;
  view.setUint32(3, length);
  // The timestamp, which is 0, ends where the length begins.
  view.setUint8(3, 0);
  bytes[7] = type;
  view.setUint32(8, stream, true);
  bytes.set(payload.subarray(0, length), 12);
  return bytes;
}

/** A message of integers of 32 bits. */
export function writeIntegers(type: number, ...values: number[]): Uint8Array {
  const payload = new Uint8Array(values.length * 4);
  const view = new DataView(payload.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value);
  return writeMessage(type, payload);
}
