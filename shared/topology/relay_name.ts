import { MAX_RELAY_NAME_BYTES } from "./limits.ts";

// Those that scripts need to be written right are none of them: U+200C and U+200D.
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060-\u2064\ufeff]/u;

const encoder = new TextEncoder();

/**
 * Says what keeps a text from being a relay's name, or `undefined` when it may be one. A name is
 * whatever one segment of a URL path can carry, percent-encoded. `.` and `..` cannot be carried
 * (URL parsers resolve them even when encoded), and JSON objects keyed by `__proto__` lose that key.
 * A name that renders as another, or that looks like an order about another relay, misleads people.
 */
export function relayNameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "is a relative path segment";
  if (name === "__proto__") return "cannot be the key of a JSON object";
  if (!name.isWellFormed()) return "is not well-formed Unicode";
  if (/\/(un)?drain$/.test(name)) return "ends like an order to drain";
  if (UNSEEN.test(name)) return "has a character that cannot be seen";
  // A UTF-16 code unit takes three bytes at most: short names need no counting.
  if (3 * name.length > MAX_RELAY_NAME_BYTES && byteLength(name) > MAX_RELAY_NAME_BYTES) {
    return `is longer than ${MAX_RELAY_NAME_BYTES} bytes`;
  }
  return undefined;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
