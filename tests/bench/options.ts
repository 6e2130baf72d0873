import { parseArgs } from "node:util";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { CASE_NAMES } from "./cases.ts";

/** What the command line asks for. */
export interface BenchOptions {
  readonly help: boolean;
  /** Undefined: all of them. */
  readonly caseName: string | undefined;
  /** Seconds that each run is measured for. */
  readonly seconds: number;
  readonly quick: boolean;
  /** Where JSON lines go as well. */
  readonly jsonFile: string | undefined;
  readonly profile: boolean;
  /** The controller instead of the relay. */
  readonly sdn: boolean;
}

// A case is three runs; with this the longest set of cases still ends within the hour.
const MAX_SECONDS = 120;

/** The answer of `deno task bench --help`. */
export const USAGE = `Usage: deno task bench [FLAGS]

Runs a relay in a process of its own against publishers and readers in this one, and beside each
case its floor: the same bytes to as many connections from a bare loop without a relay. Each case is
measured between two runs of its floor. Prints a line of JSON for each case and a table of all.

  --case NAME     only this one: ${CASE_NAMES.join(", ")}
  --seconds N     measure each run for so long, 10 if nothing is said
  --quick         fewer cases, 3 seconds each
  --json FILE     write the lines of JSON to a file as well
  --profile       run the relay under V8's profiler, which slows it down; print where its time goes
  --sdn           the controller instead: heartbeats over HTTP on each store, beside a bare server;
                  changes on their way to watchers, and between three controllers
  -h, --help      print this
`;

/** Understands the command line, or refuses with a sentence. */
export function parseOptions(args: readonly string[]): Outcome<BenchOptions, string> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        case: { type: "string" },
        seconds: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "string" },
        profile: { type: "boolean", default: false },
        sdn: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const { case: caseName, quick, help, profile, json, sdn } = values;
  if (caseName !== undefined && !CASE_NAMES.includes(caseName)) {
    return refused(`Unknown case ${caseName}: ${CASE_NAMES.join(", ")}`);
  }
  if (sdn && (caseName !== undefined || json !== undefined || profile)) {
    return refused("--sdn goes with --seconds and --quick alone");
  }
  const seconds = Number(values.seconds ?? (quick ? 3 : 10));
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    return refused(`--seconds is a whole number from 1 to ${MAX_SECONDS}`);
  }
  return done({ help, caseName, seconds, quick, jsonFile: json, profile, sdn });
}
