import { ByteReader, ByteWriter } from "../bytes.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { rfc9000 } from "../varint.ts";
import { MAX_LITE_DATAGRAM_BYTES } from "./limits.ts";

/** A group of one frame in a datagram (05, 06). */
export interface LiteDatagram {
  readonly subscription: bigint;
  readonly group: bigint;
  readonly timestamp: bigint;
  readonly payload: Uint8Array;
}

/**
 * Reads a datagram; its payload is a view.
 *
 * @throws {DecodeError} when it is too short or too long.
 */
export function decodeLiteDatagram(bytes: Uint8Array): LiteDatagram {
  if (bytes.length > MAX_LITE_DATAGRAM_BYTES) {
    throw new DecodeError("malformed", `A datagram of ${bytes.length} bytes`);
  }
  const reader = new ByteReader(bytes, rfc9000);
  const subscription = reader.varint();
  const group = reader.varint();
  const timestamp = reader.varint();
  return { subscription, group, timestamp, payload: reader.rest() };
}

/** Writes a datagram. */
export function encodeLiteDatagram(datagram: LiteDatagram): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rfc9000);
  writer.varint(datagram.subscription);
  writer.varint(datagram.group);
  writer.varint(datagram.timestamp);
  writer.bytes(datagram.payload);
  if (writer.length > MAX_LITE_DATAGRAM_BYTES) {
    throw new EncodeError(`Cannot encode a datagram of ${writer.length} bytes`);
  }
  return writer.finish();
}
