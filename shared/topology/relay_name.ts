import { MAX_RELAY_NAME_BYTES } from "./limits.ts";

// Joiners and variation selectors are left to the scripts that are not written right without them.
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u2800]|(?![\u200c\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/u;
// Where no such script is they join nothing.
const IDLE_JOINER = /(?:^|[\0-\x7f])[\u200c\u200d\ufe0e\ufe0f]|[\u200c\u200d](?:[\0-\x7f]|$)/u;
// A space is seen between two words, and no other kind is told from it.
const STRAY_SPACE = /^ | $|(?! )\p{Zs}/u;

const PLAIN = /^[!-~]+$/;

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
  if (!PLAIN.test(name)) {
    if (UNSEEN.test(name) || IDLE_JOINER.test(name)) return "has a character that cannot be seen";
    if (STRAY_SPACE.test(name)) return "has a space that cannot be seen, or told from another";
  }
  // A UTF-16 code unit takes three bytes at most: short names need no counting.
  if (3 * name.length > MAX_RELAY_NAME_BYTES && byteLength(name) > MAX_RELAY_NAME_BYTES) {
    return `is longer than ${MAX_RELAY_NAME_BYTES} bytes`;
  }
  return undefined;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
