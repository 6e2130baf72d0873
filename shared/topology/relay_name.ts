import { MAX_RELAY_NAME_BYTES } from "./limits.ts";

// Invisible characters, except joiners and variation selectors, which some scripts need.
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u2800]|(?![\u200c\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/u;
// Joiners beside ASCII have no effect, so they are invisible too.
const IDLE_JOINER = /(?:^|[\0-\x7f])[\u200c\u200d\ufe0e\ufe0f]|[\u200c\u200d](?:[\0-\x7f]|$)/u;
// Only single spaces between words are visible and unambiguous.
const STRAY_SPACE = /^ | $|(?! )\p{Zs}/u;

const PLAIN = /^[!-~]+$/;

const encoder = new TextEncoder();

/**
 * The reason why a text is no valid relay name; `undefined` for a valid one. A name must fit into
 * one segment of a URL path, percent-encoded. `.` and `..` do not (URL parsers resolve them even
 * when encoded), and a JSON object cannot have the key `__proto__`. Names that look like another
 * name, or like an instruction about another relay, are refused too.
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
  // A UTF-16 code unit has at most three bytes: short names need no count.
  if (3 * name.length > MAX_RELAY_NAME_BYTES && byteLength(name) > MAX_RELAY_NAME_BYTES) {
    return `is longer than ${MAX_RELAY_NAME_BYTES} bytes`;
  }
  return undefined;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
