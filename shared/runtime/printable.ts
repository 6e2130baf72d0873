// Control characters, line separators and direction marks: all of them can change what an operator
// sees.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

/**
 * Makes text from outside safe for a terminal, a log line or a metric's label: control characters
 * become `\u001b`, and everything after `max` characters becomes `…`.
 */
export function printable(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.toWellFormed().replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
