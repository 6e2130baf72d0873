import jsTokens from "js-tokens";

/** A string literal or template as it stands in a source file, without its quotes. */
export interface Literal {
  /** Offset of the opening quote. */
  readonly start: number;
  /** As it is written, with its escapes and holes; up to a template within it. */
  readonly text: string;
}

/** A source file taken apart just enough to be searched without being fooled by prose. */
export interface Scan {
  /** The file with comments, regular expressions and the insides of literals blanked; offsets and lines hold. */
  readonly code: string;
  readonly literals: readonly Literal[];
}

/** Separates code from comments, regular expressions and literals. */
export function scanSource(source: string): Scan {
  const literals: Literal[] = [];
  let code = "";
  for (const { type, value } of jsTokens(source)) {
    if (/^(?:StringLiteral|NoSubstitutionTemplate|TemplateHead)$/.test(type)) {
      const [, , text] = /^(["'`])((?:\\.|[^\\])*?)\1/s.exec(source.slice(code.length))!;
      literals.push({ start: code.length, text: text! });
    }
    if (type.endsWith("Comment")) code += blank(value);
    else if (HIDING.test(type)) code += value[0] + blank(value.slice(1, -1)) + value.at(-1);
    else code += value;
  }
  return { code, literals };
}

/** Tokens whose inside, between the first and the last character, is no code. */
const HIDING = /^(?:String|RegularExpression|.*Template)/;

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

/** The line, counted from 1, that an offset lies on. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}
