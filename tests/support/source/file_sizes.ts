import { isTest } from "./architecture.ts";

/** The number of lines up to which a file of a program is taken to hold one idea. */
const MAX_LINES = 300;

const STATES = "one state machine, whose transitions are read together";

/** The files that hold one idea in more lines, to the next ten, and why they are not divided. This list only shrinks. */
const LONG_FILES = {
  "relay/session/delivery/subgroup_pump.ts": { lines: 340, why: STATES },
  "relay/track/objects/subgroup_log.ts": { lines: 400, why: STATES },
};

/** Every file of the programs that is longer than it may be, and every exception that none needs. */
export function findLongFiles(
  files: ReadonlyMap<string, string>,
  exceptions: { readonly [path: string]: { readonly lines: number } } = LONG_FILES,
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
