import type { GroupOrder } from "../model/group_order.ts";
import type { VarintFormat } from "../../varint.ts";

/** What is said about a range of objects that a fetch leaves out (#end-of-range). */
export type FetchRangeKind = "non_existent" | UnknownRange;

/** Why nothing is known of a range: the time for it was over, or nobody knows. */
export type UnknownRange = "unknown" | "timed_out";

/** What a draft chooses in numbers about the items on a fetch's stream. */
export interface FetchTerms {
  readonly varint: VarintFormat;
  /** The object statuses that exist (#object-status). */
  readonly statuses: ReadonlySet<number>;
  /** Serialization flags that end a range instead of beginning an object (#fetch-header). */
  readonly fetchRanges: ReadonlyMap<number, FetchRangeKind>;
}

/** An object of a fetch, whose payload follows its header. */
export interface FetchObject {
  readonly group: bigint;
  /** The subgroup; undefined for an object that was published as a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  /** The publisher's priority; a fetch cannot refer to the track's default. */
  readonly priority: number;
  readonly properties: Uint8Array | undefined;
  readonly payloadLength: number;
}

/** Writes the items on one fetch's stream, in its order. */
export interface FetchWriter {
  /**
   * The header of the next object. A payload of `payloadLength` bytes goes behind it.
   *
   * @throws {EncodeError} when the object does not come after what was written before.
   */
  object(object: FetchObject): Uint8Array<ArrayBuffer>;
  /** Says that nothing exists from behind what was written last up to and including this location. */
  nonExistentUpTo(group: bigint, object: number): Uint8Array<ArrayBuffer>;
  /**
   * Says that nothing is known from behind what was written last up to and including this location;
   * where the draft can say so, since the time for it is over.
   */
  unknownUpTo(group: bigint, object: number, as?: UnknownRange): Uint8Array<ArrayBuffer>;
}

/**
 * Reads the items on one fetch's stream, one after the other: headers of objects, and ends of ranges
 * that are left out. The fields describe the item that was decoded last.
 */
export interface FetchDecoder {
  /** An object, or what is said of everything from behind the item before up to this location. */
  readonly kind: "object" | FetchRangeKind;
  readonly group: bigint;
  /** The object's id. The end of a range is brought down to MAX_OBJECT_ID, as no object is above. */
  readonly object: number;
  /** Undefined: the object was published as a datagram. Of objects only. */
  readonly subgroup: bigint | undefined;
  /** Of objects only. */
  readonly priority: number;
  /** Where the properties begin in the bytes that were decoded. */
  readonly propertiesStart: number;
  /** Where the properties end; the same as where they begin when there are none. */
  readonly propertiesEnd: number;
  /** Bytes of payload that follow; 0 after the end of a range. */
  readonly payloadLength: number;
  /**
   * Decodes the item at `at`, of which nothing at or behind `end` is there yet.
   *
   * @returns the offset behind it, where an object's payload is, or {@linkcode SHORT}: then nothing
   * has changed and the same item can be decoded again when there are more bytes.
   * @throws {DecodeError} "object_id" when an object's id is above MAX_OBJECT_ID, "malformed" for the
   * rest.
   */
  decode(bytes: Uint8Array, at: number, end: number): number;
}

/** How a draft lays out the items on a fetch's stream (#fetch-header). */
export interface FetchLayout {
  /** For people. */
  readonly name: string;
  writer(order: GroupOrder, terms: FetchTerms): FetchWriter;
  decoder(order: GroupOrder, terms: FetchTerms): FetchDecoder;
}
