import { MAX_CATALOG_BYTES, MAX_CATALOG_DEPTH, MAX_CATALOG_TEXT } from "../limits.ts";
import { CatalogError } from "./catalog.ts";

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Fields
    : undefined;
}

/** The document as an object, or a {@linkcode CatalogError}. */
export function documentOf(value: unknown): Fields {
  const fields = fieldsOf(value);
  if (fields === undefined) throw new CatalogError("the catalog is no object");
  return fields;
}

/** A field's text; undefined when it is none, or too long. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_CATALOG_TEXT
    ? value
    : undefined;
}

/** A field's number within bounds; undefined when it is none. */
export function numberOf(value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined {
  return typeof value === "number" && value > 0 && value <= most ? value : undefined;
}

/** As {@linkcode numberOf}, without a fraction. */
export function countOf(value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined {
  return Number.isInteger(value) ? numberOf(value, most) : undefined;
}

/** Those of the properties that are there. */
export function present<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/**
 * Throws for a document with more levels or bytes than any catalog needs: updates make one grow that
 * was small.
 */
export function checkBounds(document: unknown): void {
  let bytes = 0;
  const walk = (value: unknown, left: number): void => {
    bytes += typeof value === "string" ? value.length : 1;
    if (bytes > MAX_CATALOG_BYTES) {
      throw new CatalogError(`the catalog has more than ${MAX_CATALOG_BYTES} bytes`);
    }
    if (typeof value !== "object" || value === null) return;
    if (left === 0) {
      throw new CatalogError(`the catalog has more than ${MAX_CATALOG_DEPTH} levels`);
    }
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) bytes += name.length;
      walk(inner, left - 1);
    }
  };
  walk(document, MAX_CATALOG_DEPTH);
}

/** Bytes in hexadecimal digits; undefined for what is none, or longer than `most` bytes. */
export function hexBytes(value: unknown, most: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length > most * 2) return undefined;
  try {
    return Uint8Array.fromHex(value);
  } catch {
    return undefined;
  }
}

/** Bytes in base64; undefined for what is none, or longer than `most` bytes. */
export function base64Bytes(value: unknown, most: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length > Math.ceil(most / 3) * 4) return undefined;
  try {
    return Uint8Array.fromBase64(value);
  } catch {
    return undefined;
  }
}
