import { ByteReader, ByteWriter } from "../bytes.ts";
import { DecodeError } from "../errors.ts";
import { rfc9000 } from "../varint.ts";
import { MAX_LITE_DATAGRAM_BYTES } from "./limits.ts";

/** A group of one frame in a datagram (05, 06), at most {@linkcode MAX_LITE_DATAGRAM_BYTES}. */
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

/** Writes the first field of a datagram, in which those of two subscriptions differ. */
export function encodeDatagramHeader(subscription: bigint): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rfc9000);
  writer.varint(subscription);
  return writer.finish();
}

/** Writes what follows that field, the same for all; the payload is at its end. */
export function encodeDatagramRest(
  { group, timestamp, payload }: Omit<LiteDatagram, "subscription">,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rfc9000);
  writer.varint(group);
  writer.varint(timestamp);
  writer.bytes(payload);
  return writer.finish();
}
