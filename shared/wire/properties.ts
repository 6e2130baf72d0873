import type { GroupOrder } from "./moqt/model/group_order.ts";
import type { Pair } from "./pairs.ts";

/**
 * How a dialect writes the properties of objects and tracks. Dialects that write the same bytes
 * share one object.
 */
export interface PropertyForm {
  readonly name: string;
  /**
   * The pairs of a block in this form.
   *
   * @throws {DecodeError} when the bytes are no pairs.
   */
  read(bytes: Uint8Array): readonly Pair[];
  /**
   * The bytes of a block in this form, which are its own where it was written in it.
   *
   * @throws {EncodeError} when a pair is larger than this form can carry.
   * @throws {DecodeError} when the block is no pairs in the form that it came in.
   */
  of(block: PropertyBlock): Uint8Array;
  /** Checks the properties of an object and reads the gaps they tell of. */
  gapsOf(bytes: Uint8Array): ObjectGaps | MalformedProperties;
}

/** Properties as their publisher wrote them, unknown ones included. */
export interface PropertyBlock {
  readonly bytes: Uint8Array;
  readonly form: PropertyForm;
}

/** A block without properties, in every form. */
export const NO_PROPERTIES: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** What a relay reads from the properties of an object. */
export interface ObjectGaps {
  /** Groups before the object's that do not exist and never will (#prior-group-id-gap). */
  readonly priorGroupGap: bigint | undefined;
  /** Objects before this one in its group that do not exist and never will (#prior-object-id-gap). */
  readonly priorObjectGap: bigint | undefined;
}

/** A track whose publisher breaks the rules: the track ends, the session goes on (#malformed-tracks). */
export interface MalformedProperties {
  /** Why, for people. */
  readonly malformed: string;
}

/** Whether a check of properties found the track malformed. */
export function isMalformed(
  check: ObjectGaps | MalformedProperties,
): check is MalformedProperties {
  return "malformed" in check;
}

/** What a relay reads from the properties of a track (#moqt-properties). */
export interface TrackProperties {
  /** Milliseconds; undefined: none. */
  readonly objectDeliveryTimeout: number | undefined;
  /** Milliseconds; undefined: none. */
  readonly subgroupDeliveryTimeout: number | undefined;
  /** Milliseconds that an object may be served from a cache; undefined: as long as the cache likes. */
  readonly maxCacheDuration: number | undefined;
  /** The priority of subgroups and datagrams that bring none; the lower, the more urgent. */
  readonly defaultPriority: number;
  /** The publisher's preference. */
  readonly groupOrder: GroupOrder;
  /** Whether subscribers may ask for a new group. */
  readonly dynamicGroups: boolean;
  /**
   * Unknown mandatory properties: a peer that does not know one must not use the track
   * (#mandatory-track-properties).
   */
  readonly unknownMandatory: readonly bigint[];
}

/** The properties of a track of which nothing is said. */
export const DEFAULT_TRACK_PROPERTIES: TrackProperties = {
  objectDeliveryTimeout: undefined,
  subgroupDeliveryTimeout: undefined,
  maxCacheDuration: undefined,
  defaultPriority: 128,
  groupOrder: "ascending",
  dynamicGroups: false,
  unknownMandatory: [],
};
