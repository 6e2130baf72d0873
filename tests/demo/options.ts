import { parseArgs } from "node:util";
import { done, type Outcome, refused } from "@qumo/shared/runtime";

/** What the command line asks for. */
export interface DemoOptions {
  readonly help: boolean;
  /** Undefined: until Ctrl-C. */
  readonly seconds: number | undefined;
  /** Whether the relay in the middle is killed. */
  readonly kill: boolean;
}

/** The answer of `deno task demo --help`. */
export const USAGE = `Usage: deno task demo [FLAGS]

Starts a controller and three relays, tokyo, london and newyork, as processes of this machine.
Publishes 1080p-sized video at tokyo, and watches it at london, over WebTransport as a browser would,
and at newyork, over raw QUIC. From tokyo to newyork the way by london is the cheapest. Publisher and
viewers are @moq/net, which is not ours. Every object that comes back is checked. Ends at Ctrl-C; the
exit code is 0 if nothing was lost.

  --seconds N   end after so many seconds
  --kill        kill london after 5 seconds, and say how long newyork saw nothing; the exit code is
                then 0 if newyork went on
  -h, --help    print this
`;

// A day; setTimeout's own limit is not far beyond.
const MAX_SECONDS = 86_400;

/** Understands the command line, or refuses with a sentence. */
export function parseOptions(args: readonly string[]): Outcome<DemoOptions, string> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string" },
        kill: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const { help, kill } = values;
  if (values.seconds === undefined) return done({ help, kill, seconds: undefined });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return refused(`--seconds is a number of seconds, at most ${MAX_SECONDS}`);
  }
  if (kill && seconds <= KILL_SECONDS) {
    return refused(`--kill comes after ${KILL_SECONDS} seconds: --seconds must be more`);
  }
  return done({ help, kill, seconds });
}

/** When `--kill` strikes, in seconds. */
export const KILL_SECONDS = 5;
