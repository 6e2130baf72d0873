const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A track's full name, as bytes. */
interface NamedTrack {
  readonly namespace: readonly Uint8Array[];
  readonly name: Uint8Array;
}

/**
 * One field of a name as text: well-formed UTF-8 as it is, with `/`, `%` and control characters
 * percent-encoded; of other bytes each that is not plain ASCII percent-encoded.
 */
export function fieldText(field: Uint8Array): string {
  const text = decodeStrictly(field);
  if (text === undefined) return Array.from(field, escapeUnlessPlain).join("");
  // deno-lint-ignore no-control-regex -- control characters are what is being looked for
  return text.replace(/[%/\u0000-\u001f\u007f]/g, (one) => escapeByte(one.charCodeAt(0)));
}

/** A namespace as people write it: `room/alice.hang`. */
export function namespaceText(fields: readonly Uint8Array[]): string {
  return fields.map(fieldText).join("/");
}

/** A track as people read it, its name apart from its namespace: `room/alice.hang · video`. */
export function trackText({ namespace, name }: NamedTrack): string {
  return `${namespaceText(namespace)} · ${fieldText(name)}`;
}

/** A byte as `%2F`. */
export function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function decodeStrictly(field: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(field);
  } catch {
    return undefined;
  }
}

function escapeUnlessPlain(byte: number): string {
  const character = String.fromCharCode(byte);
  const plain = byte > 0x1f && byte < 0x7f && character !== "%" && character !== "/";
  return plain ? character : escapeByte(byte);
}
