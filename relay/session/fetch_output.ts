import type { Location, PropertyBlock, UnknownRange } from "@qumo/shared/wire";

/** An object of a fetch, whose properties are in whatever form they came. */
export interface FetchItem {
  readonly group: bigint;
  /** Undefined for an object that was a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  readonly priority: number;
  readonly properties: PropertyBlock;
  readonly payloadLength: number;
}

/** What a dialect cannot say. */
export type Unsaid =
  /** The object: it is left out, and unknown to the peer. */
  | "object"
  /** That something is unknown: the peer would take it for what does not exist. */
  | "unknown";

/** What goes on the stream of one fetch, in the peer's dialect and in the fetch's order. */
export interface FetchOutput {
  /** Whether the stream has come to this location already, or past it. */
  hasPassed(location: Location): boolean;
  /** Nothing is known of what is left out up to this location, or the time for it is over. */
  noteUnknown(location: Location, as?: UnknownRange): void;
  /** The header of the next object. */
  object(item: FetchItem): Uint8Array | Unsaid;
  /** What the stream ends with. */
  end(): Uint8Array | Unsaid;
}
