import { MAX_CATALOG_BYTES, MAX_CATALOG_UPDATES } from "../limits.ts";
import {
  CatalogError,
  type CatalogFormat,
  type MediaCatalog,
  type ReadCatalog,
} from "./catalog.ts";
import { checkBounds } from "./fields.ts";

/** Reads the objects of a catalog's track: a whole document in each group's first, updates behind it. */
export class CatalogReader {
  readonly #format: CatalogFormat;
  #document: unknown;
  #updates = 0;

  constructor(format: CatalogFormat) {
    this.#format = format;
  }

  /**
   * The catalog after another object, the first one of its group or the next. Throws
   * {@linkcode CatalogError} for what is no catalog; the one before is still good.
   */
  read(payload: Uint8Array, isFirst: boolean): ReadCatalog {
    const value = parse(payload);
    if (isFirst) return this.#keep(value, 0);
    if (this.#document === undefined) throw new CatalogError("an update has no catalog before it");
    if (this.#updates === MAX_CATALOG_UPDATES) {
      throw new CatalogError("the catalog has too many updates");
    }
    return this.#keep(this.#format.update(this.#document, value), this.#updates + 1);
  }

  #keep(document: unknown, updates: number): ReadCatalog {
    checkBounds(document);
    const catalog = this.#format.read(document);
    this.#document = document;
    this.#updates = updates;
    return catalog;
  }
}

function parse(payload: Uint8Array): unknown {
  if (payload.length > MAX_CATALOG_BYTES) {
    throw new CatalogError(`the catalog has more than ${MAX_CATALOG_BYTES} bytes`);
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    checkBounds(value);
    return value;
  } catch (error) {
    if (error instanceof CatalogError) throw error;
    throw new CatalogError("the catalog is no JSON");
  }
}

/** A catalog as the first object of a group. */
export function catalogBytes(format: CatalogFormat, catalog: MediaCatalog): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(format.write(catalog)));
}
