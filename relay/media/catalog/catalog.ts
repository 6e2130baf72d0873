import type { TrackConfig } from "../frame.ts";

/**
 * How frames lie in the objects of a track. Low Overhead Container is there twice: hang writes its
 * properties into the payload, MSF beside it.
 */
export type Container =
  | { readonly kind: "legacy" }
  | { readonly kind: "loc"; readonly properties: "payload" | "object" }
  | { readonly kind: "cmaf"; readonly init: Uint8Array };

/** A media track as a catalog describes it. */
export interface CatalogTrack {
  readonly name: string;
  readonly config: TrackConfig;
  readonly container: Container;
  /** The longest time between a frame and the next, in milliseconds. */
  readonly jitter?: number;
  /** For people. */
  readonly label?: string;
  /** BCP 47. */
  readonly language?: string;
  /** The broadcast that has the track, if it is not the catalog's: as the catalog's format names it. */
  readonly elsewhere?: string;
  /** Tracks with the same number show the same, and differ in quality. */
  readonly alternates?: number;
}

/** The media of a broadcast: the one value that the catalogs of all formats are read to and written from. */
export interface MediaCatalog {
  readonly tracks: readonly CatalogTrack[];
  /** Whether the broadcast is over: nothing will be added to any track. */
  readonly isComplete?: boolean;
}

/** A catalog as it was read. */
export interface ReadCatalog extends MediaCatalog {
  /** Entries that were left out: malformed, of an unknown container, or beyond the limits. */
  readonly skipped: number;
}

/** A format of catalogs: a track of JSON documents. */
export interface CatalogFormat {
  readonly name: "hang" | "msf";
  /** The name of the catalog's track. */
  readonly track: string;
  /** The catalog as its document; throws {@linkcode CatalogError} for what the format cannot express. */
  write(catalog: MediaCatalog): unknown;
  /** The catalog of a document; throws {@linkcode CatalogError} for what is none. */
  read(document: unknown): ReadCatalog;
  /** The document after an update, which an object behind the first one of a group holds. */
  update(document: unknown, update: unknown): unknown;
}

/** A document that is no catalog, or a catalog that a format cannot express. */
export class CatalogError extends Error {
  override readonly name = "CatalogError";
}
