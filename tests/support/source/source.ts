/** A string literal or template as it stands in a source file, without its quotes. */
export interface Literal {
  /** Offset of the opening quote. */
  readonly start: number;
  /** Escapes are left as written; a hole of a template reads `${}`. */
  readonly text: string;
}

/** A source file taken apart just enough to be searched without being fooled by prose. */
export interface Scan {
  /** The file with comments, regular expressions and the insides of literals blanked; offsets and lines hold. */
  readonly code: string;
  readonly literals: readonly Literal[];
}

// A slash after one of these begins a regular expression; after any other word it divides.
const OPERATOR_WORD =
  /(?:^|[^\w$.])(?:await|case|delete|do|else|in|instanceof|new|of|return|throw|typeof|void|yield)$/;

/** Separates code from comments, regular expressions and literals. Reads TypeScript as we write it, no JSX. */
export function scanSource(source: string): Scan {
  const code = source.split("");
  const literals: Literal[] = [];
  // One entry for each template that is open around the current offset: the braces open inside its hole.
  const holes: { braces: number; literal: { start: number; text: string } }[] = [];
  let at = 0;

  const blank = (end: number) => {
    for (; at < end; at++) if (code[at] !== "\n") code[at] = " ";
  };

  const readTemplate = (literal: { start: number; text: string }) => {
    const from = at;
    while (at < source.length && source[at] !== "`" && !source.startsWith("${", at)) {
      at += source[at] === "\\" ? 2 : 1;
    }
    const end = Math.min(at, source.length);
    literal.text += source.slice(from, end);
    at = from;
    blank(end);
    if (source.startsWith("${", at)) {
      literal.text += "${}";
      holes.push({ braces: 0, literal });
      at += 2;
    } else {
      literals.push(literal);
      at += 1;
    }
  };

  while (at < source.length) {
    const character = source[at]!;
    const hole = holes.at(-1);
    if (source.startsWith("//", at)) {
      blank(endOr(source.indexOf("\n", at), source));
    } else if (source.startsWith("/*", at)) {
      blank(endOr(source.indexOf("*/", at + 2) + 2, source, 1));
    } else if (character === '"' || character === "'") {
      const start = at++;
      const end = endOfQuoted(source, at, character);
      literals.push({ start, text: source.slice(at, end) });
      blank(end);
      at += 1;
    } else if (character === "`") {
      const start = at++;
      readTemplate({ start, text: "" });
    } else if (character === "/" && beginsExpression(code, at)) {
      at += 1;
      blank(endOfRegularExpression(source, at));
      at += 1;
    } else if (character === "}" && hole?.braces === 0) {
      holes.pop();
      at += 1;
      readTemplate(hole.literal);
    } else {
      if (hole && character === "{") hole.braces += 1;
      if (hole && character === "}") hole.braces -= 1;
      at += 1;
    }
  }
  literals.sort((a, b) => a.start - b.start);
  return { code: code.join(""), literals };
}

/** The line, counted from 1, that an offset lies on. */
export function lineOf(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) {
    line += 1;
  }
  return line;
}

function endOr(end: number, source: string, notFound = -1): number {
  return end === notFound ? source.length : end;
}

function endOfQuoted(source: string, from: number, quote: string): number {
  let at = from;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") {
    at += source[at] === "\\" ? 2 : 1;
  }
  return Math.min(at, source.length);
}

function endOfRegularExpression(source: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < source.length && source[at] !== "\n" && (inClass || source[at] !== "/")) {
    if (source[at] === "[") inClass = true;
    if (source[at] === "]") inClass = false;
    at += source[at] === "\\" ? 2 : 1;
  }
  return Math.min(at, source.length);
}

function beginsExpression(code: readonly string[], slash: number): boolean {
  let at = slash - 1;
  while (at >= 0 && /\s/.test(code[at]!)) at -= 1;
  if (at < 0) return true;
  const before = code[at]!;
  if (/[\w$]/.test(before)) {
    return OPERATOR_WORD.test(code.slice(Math.max(0, at - 12), at + 1).join(""));
  }
  return !/[)\]}"'`]/.test(before);
}
