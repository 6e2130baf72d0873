/** The two structured fields (RFC 9651) that WebTransport's protocol negotiation uses. */

/**
 * Parses a List of Strings, ignoring parameters. Undefined for malformed text; the field counts as
 * absent then.
 */
export function parseStringList(text: string): string[] | undefined {
  const input = new Input(text);
  const strings: string[] = [];
  input.skip(SPACES);
  if (input.atEnd) return strings;
  for (;;) {
    const string = parseItem(input);
    if (string === undefined) return undefined;
    strings.push(string);
    input.skip(OPTIONAL_WHITESPACE);
    if (input.atEnd) return strings;
    if (input.match(/,[ \t]*/y) === undefined || input.atEnd) return undefined;
  }
}

/** Parses a field that is a single String; undefined for malformed text. */
export function parseString(text: string): string | undefined {
  const input = new Input(text);
  input.skip(SPACES);
  const string = parseItem(input);
  input.skip(SPACES);
  return input.atEnd ? string : undefined;
}

/** Serializes a String. Throws a TypeError for characters that it cannot have. */
export function serializeString(value: string): string {
  if (!/^[ -~]*$/.test(value)) {
    throw new TypeError(`Cannot write ${JSON.stringify(value)} as a String`);
  }
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

const SPACES = / */y;
const OPTIONAL_WHITESPACE = /[ \t]*/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const PARAMETER = /; *[a-z*][a-z0-9_.*-]*/y;
const BARE_ITEM = new RegExp(
  [
    String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`, // String
    String.raw`-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}`, // Decimal, Integer
    String.raw`[A-Za-z*][!#$%&'*+\-.^_\x60|~0-9A-Za-z:/]*`, // Token
    String.raw`:[A-Za-z0-9+/=]*:`, // Byte Sequence
    String.raw`\?[01]`, // Boolean
    String.raw`@-?[0-9]{1,15}`, // Date
    String.raw`%"(?:[ !#$&-~]|%[0-9a-f]{2})*"`, // Display String
  ].join("|"),
  "y",
);

function parseItem(input: Input): string | undefined {
  const string = input.match(STRING)?.[1];
  if (string === undefined) return undefined;
  while (input.match(PARAMETER) !== undefined) {
    if (input.match(/=/y) !== undefined && input.match(BARE_ITEM) === undefined) return undefined;
  }
  return string.replace(/\\(.)/g, "$1");
}

class Input {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  skip(pattern: RegExp): void {
    this.match(pattern);
  }

  /** Consumes a match of the sticky pattern at the current position. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}
