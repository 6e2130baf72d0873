// Controls, line separators, and what turns the direction of text around: all of them can rewrite
// what an operator sees.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

/**
 * Text from outside made fit for a terminal, a log line or a metric's label: control characters as
 * `\u001b`, everything after `max` characters as `…`.
 */
export function printable(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.toWellFormed().replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
