import { isTest } from "./architecture.ts";

/** The number of lines up to which a file of a program is taken to hold one idea. */
const MAX_LINES = 300;

/** A file that holds one idea in more lines. */
export interface LongFile {
  /** The lines that it has at most: only to be lowered. */
  readonly lines: number;
  /** Why it is not divided. */
  readonly why: string;
}

/** Every file of the programs that is longer than it may be, and every exception that none needs. */
export function findLongFiles(
  files: ReadonlyMap<string, string>,
  exceptions: { readonly [path: string]: LongFile },
): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    if (isTest(path) || !path.endsWith(".ts")) continue;
    const lines = source.split("\n").length - 1;
    const limit = exceptions[path]?.lines ?? MAX_LINES;
    if (lines > limit) found.push(`${path} has ${lines} lines, and may have ${limit}`);
    else if (lines <= MAX_LINES && path in exceptions) found.push(`${path} is no longer too long`);
  }
  for (const path of Object.keys(exceptions)) {
    if (!files.has(path)) found.push(`${path} does not exist`);
  }
  return found.toSorted();
}
