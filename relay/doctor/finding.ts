/** What one look found. */
export interface Finding {
  /** `warn` is what will hurt some day, `fail` what keeps the relay from doing its work now. */
  readonly level: "ok" | "warn" | "fail";
  /** What was looked at: a word or two. */
  readonly about: string;
  /** What was found, as a sentence. */
  readonly text: string;
  /** What to do. */
  readonly advice?: string;
}

/** Nothing is to be done. */
export function ok(about: string, text: string): Finding {
  return { level: "ok", about, text };
}

/** Something is to be done, some day. */
export function warn(about: string, text: string, advice: string): Finding {
  return { level: "warn", about, text, advice };
}

/** Something is to be done now. */
export function fail(about: string, text: string, advice: string): Finding {
  return { level: "fail", about, text, advice };
}

/** A finding as lines for a terminal. */
export function findingText({ level, about, text, advice }: Finding): string {
  const rest = advice === undefined ? "" : `\n${" ".repeat(6)}${advice}`;
  return `${level.padEnd(4)}  ${about}: ${text}${rest}\n`;
}
