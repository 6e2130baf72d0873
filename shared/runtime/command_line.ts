import { parseArgs } from "node:util";
import type { ConfigSources } from "./config_file.ts";
import { done, type Outcome, refused } from "./outcome.ts";
import { suggest } from "./suggest.ts";

/** What the command line asks for. */
export interface Command {
  readonly name: typeof COMMANDS[number] | "help";
  /** The configuration file; undefined for none. */
  readonly configFile: string | undefined;
  /** Values that win over the file and the environment. */
  readonly flags: ConfigSources["flags"];
  /** Whom `health` asks; undefined for the program that the configuration describes. */
  readonly url: string | undefined;
}

const COMMANDS = ["serve", "check", "health", "version"] as const;

/** What is different in the usage of two programs. */
export interface UsageWords {
  /** The command, `qumo-relay`. */
  readonly program: string;
  /** What it is, with which article is up to the sentence: `relay`. */
  readonly noun: string;
  /** The file that shows every key. */
  readonly example: string;
  /** Where it listens by default. */
  readonly address: string;
}

/** The answer of `--help`. */
export function usageText({ program, noun, example, address }: UsageWords): string {
  return `Usage: ${program} [COMMAND] [FLAGS]

Commands
  serve          run the ${noun} (default)
  check          check the configuration and print what is in force, and why
  health [URL]   ask a ${noun} whether it is ready; exits with 0 if it is and 1 if not
  version        print the version, also -v and --version

Flags
  -c, --config FILE     read this configuration; ${example} shows every key
      --address ADDR    address to listen on (default ${address})
      --log-level LEVEL debug, info, warn or error
  -h, --help            print this
`;
}

const FLAGS = {
  config: { type: "string", short: "c" },
  address: { type: "string" },
  "log-level": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/**
 * Understands the command line, or refuses with a sentence for whoever typed it. `former` is a first
 * word that means `serve`: `relay` and `sdn` were commands of one program before.
 */
export function parseCommand(
  args: readonly string[],
  former?: string,
): Outcome<Command, string> {
  const unknown = args.map(unknownFlag).find((text) => text !== undefined);
  if (unknown !== undefined) return refused(unknown);
  let parsed;
  try {
    parsed = parseArgs({ args: args.map(goFlag), options: FLAGS, allowPositionals: true });
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals: [word = "serve", ...rest] } = parsed;
  const first = word === former ? "serve" : word;
  if (!isCommand(first)) {
    const meant = suggest(first, COMMANDS);
    const hint = meant === undefined ? COMMANDS.join(", ") : `did you mean ${meant}?`;
    return refused(`Unknown command ${first}: ${hint}`);
  }
  const url = first === "health" ? rest.shift() : undefined;
  if (rest.length > 0) return refused(`Unexpected argument ${rest[0]}`);
  const flags = [
    { name: "--address", key: "server.address", value: values.address },
    { name: "--log-level", key: "log.level", value: values["log-level"] },
  ].filter((flag): flag is ConfigSources["flags"][number] => flag.value !== undefined);
  const name = values.help ? "help" : values.version ? "version" : first;
  return done({ name, configFile: values.config, flags, url });
}

function isCommand(name: string): name is typeof COMMANDS[number] {
  return COMMANDS.some((command) => command === name);
}

function unknownFlag(arg: string): string | undefined {
  const name = /^--([^=]+)/.exec(arg)?.[1];
  if (name === undefined || name in FLAGS) return undefined;
  const meant = suggest(name, Object.keys(FLAGS));
  return `Unknown flag --${name}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
}

// `-config FILE` is how the flag was written before.
function goFlag(arg: string): string {
  return /^-config(=|$)/.test(arg) ? `-${arg}` : arg;
}
