import { parseArgs } from "node:util";
import type { ConfigSources } from "./config_file.ts";
import { done, type Outcome, refused } from "./outcome.ts";
import { suggest } from "./suggest.ts";

/** A parsed command line. */
export interface Command {
  readonly name: typeof COMMANDS[number] | "help";
  /** The configuration file; undefined for none. */
  readonly configFile: string | undefined;
  /** Values of flags, which override the file and the environment. */
  readonly flags: ConfigSources["flags"];
  /** The URL for `health`; undefined for the program that the configuration describes. */
  readonly url: string | undefined;
  /** The target folder of `backup`. */
  readonly folder: string | undefined;
  /** Whether `check` writes JSON. */
  readonly json: boolean;
  /** The file of the token that `check` explains, and the path that it is shown at. */
  readonly token: { readonly file: string; readonly path: string | undefined } | undefined;
}

const COMMANDS = ["serve", "check", "health", "version", "backup", "doctor"] as const;

/** What differs in the usage texts of the two programs. */
export interface UsageWords {
  /** The command, `qumo-relay`. */
  readonly program: string;
  /** What the program is, without an article: `relay`. */
  readonly noun: string;
  /** The example file with every key. */
  readonly example: string;
  /** The default address. */
  readonly address: string;
  /** Whether the program has the command `backup`. */
  readonly hasBackup?: true;
  /** Whether the program has the command `token`. */
  readonly hasTokens?: true;
  /** Whether the program has the command `doctor`. */
  readonly hasDoctor?: true;
  /** Further commands, which are parsed elsewhere. */
  readonly others?: {
    readonly title: string;
    readonly commands: Readonly<Record<string, string>>;
  };
}

/** What differs in the command lines of the two programs. */
export interface CommandWords {
  /** A first word that means `serve`: `relay` and `sdn` were commands of one program before. */
  readonly former?: string;
  /** Whether the program has the command `backup`. */
  readonly hasBackup?: boolean;
  /** Whether `check` explains tokens. */
  readonly hasTokens?: boolean;
  /** Whether the program has the command `doctor`. */
  readonly hasDoctor?: boolean;
  /** Commands that are parsed elsewhere, for who misspells one. */
  readonly others?: readonly string[];
}

/** The answer of `--help`. */
export function usageText(words: UsageWords): string {
  const { program, noun, example, address, hasBackup, hasTokens, hasDoctor, others } = words;
  const backup = hasBackup
    ? "\n  backup FOLDER  copy what is stored into a folder, while the controller runs or not"
    : "";
  const token = hasTokens
    ? "\n  token          make keys, and sign and verify tokens; token --help says more"
    : "";
  const doctor = hasDoctor
    ? "\n  doctor         look at what the relay needs: ports, buffers, certificate, clock, controllers,\n" +
      "                 neighbors; exits with 1 if something keeps it from its work"
    : "";
  const explain = hasTokens
    ? "\n      --token FILE      with check: say what this token may do\n" +
      "      --path PATH       with check --token: at this path"
    : "";
  return `Usage: ${program} [COMMAND] [FLAGS]

Commands
  serve          run the ${noun} (default)
  check          check the configuration and print what is in force, and why
  health [URL]   ask a ${noun} whether it is ready; exits with 0 if it is and 1 if not${backup}${token}${doctor}
  version        print the version, also -v and --version
${others === undefined ? "" : othersText(others)}
Flags
  -c, --config FILE     read this configuration; ${example} shows every key
                        (-config FILE, as the Go programs have it, is the same)
      --address ADDR    address to listen on (default ${address})
      --log-level LEVEL debug, info, warn or error
      --json            with check: what it says as JSON, for programs${explain}
  -h, --help            print this
`;
}

function othersText({ title, commands }: NonNullable<UsageWords["others"]>): string {
  const lines = Object.entries(commands).map(([name, what]) => `  ${name.padEnd(14)} ${what}\n`);
  return `\n${title}\n${lines.join("")}`;
}

const FLAGS = {
  config: { type: "string", short: "c" },
  address: { type: "string" },
  "log-level": { type: "string" },
  token: { type: "string" },
  path: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** Parses the command line, or refuses it with a sentence for the user. */
export function parseCommand(
  args: readonly string[],
  { former, hasBackup = false, hasTokens = false, hasDoctor = false, others = [] }: CommandWords =
    {},
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
  const commands = COMMANDS.filter((one) =>
    (one !== "backup" || hasBackup) && (one !== "doctor" || hasDoctor)
  );
  const command = commands.find((one) => one === first);
  if (command === undefined) {
    const names = [...commands, ...others];
    const meant = suggest(first, names);
    const hint = meant === undefined ? names.join(", ") : `did you mean ${meant}?`;
    return refused(`Unknown command ${first}: ${hint}`);
  }
  const url = command === "health" ? rest.shift() : undefined;
  const folder = command === "backup" ? rest.shift() : undefined;
  if (command === "backup" && folder === undefined && !values.help) {
    return refused("backup needs the folder to copy to");
  }
  if (rest.length > 0) return refused(`Unexpected argument ${rest[0]}`);
  const { token, path } = values;
  const isStray = token === undefined ? path !== undefined : command !== "check" || !hasTokens;
  if (isStray && hasTokens) return refused("--token FILE and --path PATH go with check");
  if (isStray) return refused(`Unknown flag --${token === undefined ? "path" : "token"}`);
  if (values.json && (command !== "check" || token !== undefined)) {
    return refused("--json goes with check, without --token");
  }
  const flags = [
    { name: "--address", key: "server.address", value: values.address },
    { name: "--log-level", key: "log.level", value: values["log-level"] },
  ].filter((flag): flag is ConfigSources["flags"][number] => flag.value !== undefined);
  const name = values.help ? "help" : values.version ? "version" : command;
  const shown = token === undefined ? undefined : { file: token, path };
  const { json, config: configFile } = values;
  return done({ name, configFile, flags, url, folder, json, token: shown });
}

function unknownFlag(arg: string): string | undefined {
  const name = /^--([^=]+)/.exec(arg)?.[1];
  if (name === undefined || name in FLAGS) return undefined;
  const meant = suggest(name, Object.keys(FLAGS));
  return `Unknown flag --${name}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
}

// `-config FILE` is the former form of the flag.
function goFlag(arg: string): string {
  return /^-config(=|$)/.test(arg) ? `-${arg}` : arg;
}
