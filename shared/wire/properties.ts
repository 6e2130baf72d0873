import type { GroupOrder } from "./moqt/model/group_order.ts";
import type { Pair } from "./pairs.ts";

/**
 * A dialect's encoding of object and track properties. Dialects with the same encoding share one
 * object.
 */
export interface PropertyForm {
  readonly name: string;
  /**
   * Whether some types are of tracks alone, which nobody may use who does not know them
   * (#mandatory-track-properties).
   */
  readonly hasMandatory?: boolean;
  /**
   * Decodes a block in this encoding.
   *
   * @throws {DecodeError} when the block is malformed.
   */
  read(bytes: Uint8Array): readonly Pair[];
  /**
   * Converts a block to this encoding; returns its own bytes if it is in this encoding already.
   *
   * @throws {EncodeError} when a pair exceeds what this encoding can express. @throws {DecodeError}
   * when the block is malformed.
   */
  of(block: PropertyBlock): Uint8Array;
  /** Validates an object's properties and returns the gaps in them. */
  gapsOf(bytes: Uint8Array): ObjectGaps | MalformedProperties;
}

/** Properties as their publisher encoded them, unknown ones included. */
export interface PropertyBlock {
  readonly bytes: Uint8Array;
  readonly form: PropertyForm;
}

/** An empty block, in every encoding. */
export const NO_PROPERTIES: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** The object properties that a relay interprets. */
export interface ObjectGaps {
  /** Groups before the object's that do not exist (#prior-group-id-gap). */
  readonly priorGroupGap: bigint | undefined;
  /** Objects before this one in its group that do not exist (#prior-object-id-gap). */
  readonly priorObjectGap: bigint | undefined;
}

/**
 * What the publisher says of one subgroup, in place of what it says of the track (#delivery-timeouts):
 * milliseconds, Infinity for no timeout; undefined where the track's holds.
 */
export interface DeliveryTimeouts {
  readonly object?: number;
  readonly subgroup?: number;
}

/** Properties that violate the rules: the track ends, the session continues (#malformed-tracks). */
export interface MalformedProperties {
  /** The reason, for people. */
  readonly malformed: string;
}

/** Whether properties are malformed. */
export function isMalformed(
  check: ObjectGaps | MalformedProperties,
): check is MalformedProperties {
  return "malformed" in check;
}

/** The track properties that a relay interprets (#moqt-properties). */
export interface TrackProperties {
  /** Milliseconds; undefined for none. */
  readonly objectDeliveryTimeout: number | undefined;
  /** Milliseconds; undefined for none. */
  readonly subgroupDeliveryTimeout: number | undefined;
  /** Milliseconds for which an object may be served from a cache; undefined for no limit. */
  readonly maxCacheDuration: number | undefined;
  /** The priority of subgroups and datagrams without one; lower is sent first. */
  readonly defaultPriority: number;
  /** The publisher's preferred group order. */
  readonly groupOrder: GroupOrder;
  /** Units a second of its objects' timestamps; undefined when it names none (draft-lcurley-moq-timestamp). */
  readonly timescale: bigint | undefined;
  /** Whether subscribers may request a new group. */
  readonly dynamicGroups: boolean;
  /**
   * Unknown mandatory properties: a peer that does not know one must not use the track
   * (#mandatory-track-properties).
   */
  readonly unknownMandatory: readonly bigint[];
}

/** The defaults of all track properties. */
export const DEFAULT_TRACK_PROPERTIES: TrackProperties = {
  objectDeliveryTimeout: undefined,
  subgroupDeliveryTimeout: undefined,
  maxCacheDuration: undefined,
  defaultPriority: 128,
  groupOrder: "ascending",
  timescale: undefined,
  dynamicGroups: false,
  unknownMandatory: [],
};
