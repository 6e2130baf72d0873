import type { ByteReader } from "../bytes.ts";
import type { Codec } from "../codec.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { MAX_RELAY_HOPS } from "../limits.ts";

/*
 * draft-lcurley-moq-cluster: relays of different programs in one mesh. Each side of a session declares
 * a hop id in its SETUP, and an announced namespace carries the ids of the relays on its path. The
 * numbers are the draft's.
 */

/** Setup option: the sender's hop id. */
export const HOP_ID = 0x40b54n;

/** The same in the draft's version 00: in bytes, since the type is odd. */
export const RELAY_HOPS = 0x40b55n;

/** Setup option: what a subscription to the sender costs. */
export const RELAY_COST = 0x40b56n;

/** Parameter types, in ascending order. */
export const HOP_PATH = 0x40b57n;
export const ROUTE_COST = 0x40b58n;

/** The hop ids on a path, up to the end: at least one, and none twice but 0. */
export const hopIds: Codec<readonly bigint[]> = {
  encode(writer, value) {
    if (value.length === 0 || value.length > MAX_RELAY_HOPS) {
      throw new EncodeError(`Cannot encode ${value.length} hop ids of 1 to ${MAX_RELAY_HOPS}`);
    }
    for (const id of value) writer.varint(id);
  },
  decode(reader) {
    const ids = readIds(reader);
    if (ids.length === 0) throw new DecodeError("malformed", "HOP_PATH is empty");
    const named = ids.filter((id) => id !== 0n);
    if (new Set(named).size < named.length) {
      throw new DecodeError("malformed", "HOP_PATH names a relay twice");
    }
    return ids;
  },
};

function readIds(reader: ByteReader): bigint[] {
  const ids: bigint[] = [];
  while (reader.remaining > 0) {
    if (ids.length === MAX_RELAY_HOPS) {
      throw new DecodeError("malformed", `HOP_PATH has more than ${MAX_RELAY_HOPS} hop ids`);
    }
    ids.push(reader.varint());
  }
  return ids;
}
