import type { PropertyBlock, PropertyForm } from "@qumo/shared/wire";

/** A subgroup as input of a renderer. */
export interface SubgroupFields {
  readonly group: bigint;
  readonly subgroup: bigint;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** The track's default, for dialects in which every object says its priority. */
  readonly defaultPriority?: number | undefined;
  /** Whether its objects have a block of properties. */
  readonly hasProperties: boolean;
  /** Whether the group ends with this subgroup's last object. */
  readonly endOfGroup: boolean;
  /** Whether the stream starts with the subgroup's first published object. */
  readonly firstObject: boolean;
  /** Units a second of the objects' timestamps; undefined when the track names none. */
  readonly timescale?: bigint | undefined;
}

/** An object without its payload, on a stream. */
export interface ObjectHead {
  readonly id: number;
  /** The id of the previous object on the stream; -1 for the first. */
  readonly previous: number;
  /** One of {@linkcode ObjectStatus}. */
  readonly status: number;
  /** In the dialect's encoding. */
  readonly properties: Uint8Array;
  readonly payloadLength: number;
  /** The arrival time of its first byte, in the clock's milliseconds. */
  readonly time: number;
}

/** An object in a datagram. */
export interface DatagramFields {
  readonly group: bigint;
  readonly object: number;
  /** Undefined: the track's default. */
  readonly priority: number | undefined;
  /** The track's default, for dialects in which every object says its priority. */
  readonly defaultPriority?: number | undefined;
  readonly properties: PropertyBlock;
  readonly status: number;
  /** Whether the group has no later object. */
  readonly endOfGroup: boolean;
  readonly payload: Uint8Array;
}

/**
 * Encodes objects in one dialect. The session layer provides it; the bytes are opaque to the model.
 * There is one per dialect, so that all its subscribers share the encoded bytes.
 */
export interface Renderer {
  /** The dialect's name, for logs. */
  readonly name: string;
  /** The encoding of its properties. */
  readonly properties: PropertyForm;
  /** Whether a group is one stream, whatever subgroups it has. */
  readonly hasWholeGroups?: boolean;
  /** Whether there are properties in a block of an object's that it leaves out. */
  lacks?(properties: PropertyBlock): boolean;
  /**
   * Starts the stream of a subgroup of the track with this number.
   *
   * @throws {EncodeError} when the dialect cannot express it.
   */
  subgroup(track: bigint, fields: SubgroupFields): SubgroupRenderer;
  /**
   * A datagram of the track with this number; the payload is at its end.
   *
   * @throws {EncodeError} when the dialect cannot express it.
   */
  datagram(track: bigint, object: DatagramFields): Uint8Array;
}

/** Encodes everything but the payloads on the stream of one subgroup. */
export interface SubgroupRenderer {
  /** The bytes before the first object. */
  readonly preamble: Uint8Array;
  /** The size of the bytes between the previous payload and this object's. */
  sizeOf(head: ObjectHead): number;
  /**
   * Writes those bytes at `at`. Returns the offset of the properties in them; -1 in a dialect whose
   * streams have no properties, which are then kept beside them.
   */
  write(into: Uint8Array, at: number, head: ObjectHead): number;
}
