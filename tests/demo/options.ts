import { parseArgs } from "node:util";
import { done, type Outcome, refused } from "@qumo/shared/runtime";

/** What the command line asks for. */
export interface DemoOptions {
  readonly help: boolean;
  /** Undefined: until Ctrl-C. */
  readonly seconds: number | undefined;
}

/** The answer of `deno task demo --help`. */
export const USAGE = `Usage: deno task demo [FLAGS]

Starts a relay, publishes 1080p-sized video to it, and watches it twice: over raw QUIC, and over
WebTransport as a browser would. Publisher and viewers are @moq/net, which is not ours. Every object
that comes back is checked. Ends at Ctrl-C; the exit code is 0 if nothing was lost.

  --seconds N   end after so many seconds
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
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  if (values.seconds === undefined) return done({ help: values.help, seconds: undefined });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return refused(`--seconds is a number of seconds, at most ${MAX_SECONDS}`);
  }
  return done({ help: values.help, seconds });
}
