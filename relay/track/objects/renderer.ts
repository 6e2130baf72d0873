import type { PropertyBlock, PropertyForm } from "@qumo/shared/wire";

/** What a dialect is told of a subgroup. */
export interface SubgroupFields {
  readonly group: bigint;
  readonly subgroup: bigint;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** Whether its objects carry a block of properties. */
  readonly hasProperties: boolean;
  /** Whether the group ends with this subgroup's last object. */
  readonly endOfGroup: boolean;
  /** Whether the stream begins with the first object that was ever published in the subgroup. */
  readonly firstObject: boolean;
}

/** An object apart from its payload, as it stands on a stream. */
export interface ObjectHead {
  readonly id: number;
  /** The id of the object before it on the stream; -1 for the first. */
  readonly previous: number;
  /** One of `ObjectStatus`. */
  readonly status: number;
  /** As the dialect writes them. */
  readonly properties: Uint8Array;
  readonly payloadLength: number;
}

/** An object that travels alone. */
export interface DatagramFields {
  readonly group: bigint;
  readonly object: number;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  readonly properties: PropertyBlock;
  readonly status: number;
  /** Whether the group has no object behind this one. */
  readonly endOfGroup: boolean;
  readonly payload: Uint8Array;
}

/**
 * How one dialect writes objects. The session layer gives it; to the model the bytes mean nothing.
 * There is one for each dialect, so that all who speak the dialect share what it writes.
 */
export interface Renderer {
  /** The dialect's name, for people. */
  readonly name: string;
  /** How it writes properties. */
  readonly properties: PropertyForm;
  /**
   * Begins the stream of a subgroup of the track that has this number.
   *
   * @throws {EncodeError} when the dialect cannot say it.
   */
  subgroup(track: bigint, fields: SubgroupFields): SubgroupRenderer;
  /**
   * A datagram of the track that has this number; the payload is at its end.
   *
   * @throws {EncodeError} when the dialect cannot say it.
   */
  datagram(track: bigint, object: DatagramFields): Uint8Array;
}

/** Writes what goes around the payloads on the stream of one subgroup. */
export interface SubgroupRenderer {
  /** What goes before the first object. */
  readonly preamble: Uint8Array;
  /** Bytes between the payload before and that of this object. */
  sizeOf(head: ObjectHead): number;
  /** Writes those bytes from `at` on. Returns the offset of the properties among them. */
  write(into: Uint8Array, at: number, head: ObjectHead): number;
}
