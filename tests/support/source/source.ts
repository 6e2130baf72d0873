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

// What may hide something, or is needed to find the ends of it; all that is left is code.
const TOKEN = new RegExp(
  [
    String.raw`(?<blank>\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?)`,
    String.raw`(?<quote>["'])(?<quoted>(?:(?!\k<quote>)(?:\\.|[^\\\n]))*)\\?\k<quote>?`,
    "(?<template>`)",
    String.raw`(?<expression>\/(?:\[(?:\\.|[^\]\\\n])*\]?|\\.|[^/\[\\\n])*\\?\/?)`,
    "(?<brace>[{}])",
  ].join("|"),
  "gs",
);
const TEMPLATE_PART = /(?:\\.|\$(?!\{)|[^`\\$])*\\?/gs;

// A slash behind one of these begins a regular expression; behind any other word it divides.
const BEFORE_EXPRESSION =
  /(?:^|[^\w$)\]}"'`\s]|(?:^|[^\w$.])(?:await|case|delete|do|else|in|instanceof|new|of|return|throw|typeof|void|yield))\s*$/;

/** Separates code from comments, regular expressions and literals. Reads TypeScript as we write it, no JSX. */
export function scanSource(source: string): Scan {
  const literals: Literal[] = [];
  // One entry for each template that is open around the current offset: the braces open inside its hole.
  const holes: { braces: number; literal: { start: number; text: string } }[] = [];
  let code = "";

  const take = (end: number) => void (code += source.slice(code.length, end));
  const blank = (end: number) =>
    void (code += source.slice(code.length, end).replace(/[^\n]/g, " "));

  const readTemplate = (literal: { start: number; text: string }) => {
    TEMPLATE_PART.lastIndex = code.length;
    const [part] = TEMPLATE_PART.exec(source)!;
    literal.text += part;
    blank(code.length + part.length);
    if (source[code.length] === "$") {
      literal.text += "${}";
      holes.push({ braces: 0, literal });
      take(code.length + 2);
      return;
    }
    literals.push(literal);
    take(code.length + 1);
  };

  for (;;) {
    TOKEN.lastIndex = code.length;
    const match = TOKEN.exec(source);
    if (match === null) break;
    const { index: start, 0: all, groups } = match;
    const { blank: comment, quoted, template, expression, brace } = groups!;
    const hole = holes.at(-1);
    take(start);
    if (comment !== undefined) blank(start + all.length);
    else if (quoted !== undefined) {
      literals.push({ start, text: quoted });
      take(start + 1);
      blank(start + 1 + quoted.length);
      take(start + all.length);
    } else if (template !== undefined) {
      take(start + 1);
      readTemplate({ start, text: "" });
    } else if (expression !== undefined) {
      take(start + 1);
      if (!BEFORE_EXPRESSION.test(code.slice(-20, -1))) continue;
      blank(start + all.length - 1);
      take(start + all.length);
    } else if (brace === "}" && hole?.braces === 0) {
      holes.pop();
      take(start + 1);
      readTemplate(hole.literal);
    } else {
      if (hole !== undefined) hole.braces += brace === "{" ? 1 : -1;
      take(start + 1);
    }
  }
  take(source.length);
  literals.sort((a, b) => a.start - b.start);
  return { code, literals };
}

/** The line, counted from 1, that an offset lies on. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}
