const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A track's full name, as bytes. */
interface NamedTrack {
  readonly namespace: readonly Uint8Array[];
  readonly name: Uint8Array;
}

/** Characters of a name in logs and pages, so that a long name cannot flood them. */
const MAX_SHOWN = 256;

/**
 * A field of a name as text, uncut: well-formed UTF-8 with `/`, `%` and control characters
 * percent-encoded; for other bytes everything but plain ASCII is percent-encoded.
 */
export function fieldText(field: Uint8Array): string {
  const text = decodeStrictly(field);
  // deno-lint-ignore no-control-regex -- control characters are what is being looked for
  if (text !== undefined && !/[%/\u0000-\u001f\u007f]/.test(text)) return text;
  return escaped(field, text === undefined ? ASCII_ONLY : UTF_8);
}

/** A namespace as text, uncut: unique for namespaces without empty fields. */
export function wholeNamespaceText(fields: readonly Uint8Array[]): string {
  return fields.map(fieldText).join("/");
}

/** A namespace as display text, cut if it is long: `room/alice.hang`. */
export function namespaceText(fields: readonly Uint8Array[]): string {
  return shownName(wholeNamespaceText(fields));
}

/** A track as display text, its name separate from its namespace: `room/alice.hang · video`. */
export function trackText({ namespace, name }: NamedTrack): string {
  return `${namespaceText(namespace)} · ${shownName(fieldText(name))}`;
}

/** A name's text, cut for logs and pages. */
export function shownName(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;
}

// The largest byte that stays unescaped.
const UTF_8 = 0xff;
const ASCII_ONLY = 0x7f;

const DIGITS = new TextEncoder().encode("0123456789ABCDEF");
const PERCENT = 0x25;
const SLASH = 0x2f;
const DELETE = 0x7f;

/** One pass over the bytes and one decoding, since a peer decides how many there are. */
function escaped(field: Uint8Array, highest: number): string {
  const out = new Uint8Array(3 * field.length);
  let at = 0;
  for (const byte of field) {
    if (byte > 0x1f && byte <= highest && byte !== PERCENT && byte !== SLASH && byte !== DELETE) {
      out[at++] = byte;
    } else {
      out[at++] = PERCENT;
      out[at++] = DIGITS[byte >> 4]!;
      out[at++] = DIGITS[byte & 15]!;
    }
  }
  return strictDecoder.decode(out.subarray(0, at));
}

function decodeStrictly(field: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(field);
  } catch {
    return undefined;
  }
}
