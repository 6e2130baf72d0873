import { parseArgs } from "node:util";
import { type ConfigSources, done, type Outcome, refused, suggest } from "@qumo/shared/runtime";

/** What the command line asks for. */
export interface Command {
  readonly name: typeof COMMANDS[number] | "help";
  /** The configuration file; undefined for none. */
  readonly configFile: string | undefined;
  /** Values that win over the file and the environment. */
  readonly flags: ConfigSources["flags"];
  /** Whom `health` asks; undefined for the controller that the configuration describes. */
  readonly url: string | undefined;
}

const COMMANDS = ["serve", "check", "health", "version"] as const;

/** The answer of `qumo-sdn --help`. */
export const USAGE = `Usage: qumo-sdn [COMMAND] [FLAGS]

Commands
  serve          run the controller; what happens when no command is given
  check          check the configuration and print what is in force, and why
  health [URL]   ask a controller whether it is ready; exits with 0 if it is and 1 if not
  version        print the version, also -v and --version

Flags
  -c, --config FILE     read this configuration; configs/sdn.yaml shows every key
      --address ADDR    listen here, 127.0.0.1:8090 if nothing else is said
      --log-level LEVEL debug, info, warn or error
  -h, --help            print this
`;

const FLAGS = {
  config: { type: "string", short: "c" },
  address: { type: "string" },
  "log-level": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** Understands the command line, or refuses with a sentence for whoever typed it. */
export function parseCommand(args: readonly string[]): Outcome<Command, string> {
  let parsed;
  try {
    // `-config FILE` is how upstream writes it.
    const spelled = args.map((arg) => /^-config(=|$)/.test(arg) ? `-${arg}` : arg);
    parsed = parseArgs({ args: spelled, options: FLAGS, allowPositionals: true });
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals: [first = "serve", ...rest] } = parsed;
  const name = COMMANDS.find((command) => command === first);
  if (name === undefined) {
    const meant = suggest(first, COMMANDS);
    const hint = meant === undefined ? COMMANDS.join(", ") : `did you mean ${meant}?`;
    return refused(`Unknown command ${first}: ${hint}`);
  }
  const url = name === "health" ? rest.shift() : undefined;
  if (rest.length > 0) return refused(`Unexpected argument ${rest[0]}`);
  const flags = [
    { name: "--address", key: "server.address", value: values.address },
    { name: "--log-level", key: "log.level", value: values["log-level"] },
  ].filter((flag): flag is ConfigSources["flags"][number] => flag.value !== undefined);
  const asked = values.help ? "help" : values.version ? "version" : name;
  return done({ name: asked, configFile: values.config, flags, url });
}
