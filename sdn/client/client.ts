import { complain, type Outcome, refused, suggest } from "@qumo/shared/runtime";
import { parseArgs } from "node:util";
import { kickCommand, policyCommand, revokeCommand, unrevokeCommand } from "./access_commands.ts";
import { ControllerApi } from "./api.ts";
import type { ClientProcess } from "./client_process.ts";
import { type ClientCommand, EXIT, type Failure, type Flags, misused } from "./command.ts";
import { completionCommand } from "./completion_command.ts";
import { commandHelp, FLAG_HELP } from "./help.ts";
import { drainCommand, undrainCommand, whoAmICommand } from "./drain_commands.ts";
import { eventsCommand } from "./event_command.ts";
import { lsCommand } from "./ls_command.ts";
import { routeCommand } from "./route_command.ts";
import { findTarget, type TargetFlags } from "./target.ts";
import { topCommand } from "./top_command.ts";

const COMMANDS: readonly ClientCommand[] = [
  lsCommand,
  routeCommand,
  eventsCommand,
  topCommand,
  drainCommand,
  undrainCommand,
  revokeCommand,
  unrevokeCommand,
  kickCommand,
  policyCommand,
  whoAmICommand,
];

const OPTIONS = {
  url: { type: "string" },
  "token-file": { type: "string" },
  "ca-file": { type: "string" },
  context: { type: "string" },
  json: { type: "boolean", default: false },
  yes: { type: "boolean", short: "y", default: false },
  follow: { type: "boolean", short: "f", default: false },
  explain: { type: "boolean", default: false },
  once: { type: "boolean", default: false },
  since: { type: "string" },
  limit: { type: "string" },
  reason: { type: "string" },
  for: { type: "string" },
  relay: { type: "string" },
  sessions: { type: "string" },
  tracks: { type: "string" },
  ingress: { type: "string" },
  egress: { type: "string" },
  regions: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Runs a command that asks a controller; returns the exit code. */
export async function runClient(args: readonly string[], process: ClientProcess): Promise<number> {
  const [name = "", ...rest] = args;
  if (name === "completion") return completionCommand(rest, COMMANDS, process);
  const command = COMMANDS.find((one) => one.name === name)!;
  const parsed = parse(command, rest);
  if (!parsed.ok) {
    return complain(process, `${parsed.refusal}\nTry qumo-sdn ${name} --help`, EXIT.usage);
  }
  const { flags, words, target, isHelp } = parsed.value;
  if (isHelp) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const outcome = await run(command, { flags, words, target }, process);
  if (outcome.ok) return 0;
  return complain(process, outcome.refusal.text, outcome.refusal.code);
}

interface Called {
  readonly flags: Flags;
  readonly words: readonly string[];
  readonly target: TargetFlags;
}

async function run(
  command: ClientCommand,
  { flags, words, target }: Called,
  process: ClientProcess,
): Promise<Outcome<undefined, Failure>> {
  const found = await findTarget(target, process);
  if (!found.ok) return misused(found.refusal);
  const { authority } = found.value;
  const fetching = authority === ""
    ? fetch
    : process.fetchAs({ authority, certificate: "", key: "" });
  const stop = new AbortController();
  process.onSignal("SIGINT", () => stop.abort());
  return await command.run({
    flags,
    words,
    process,
    api: new ControllerApi(found.value, process.clock, fetching),
    signal: stop.signal,
    print: (text) => process.stdout.write(text),
  });
}

function parse(
  command: ClientCommand,
  args: readonly string[],
): Outcome<Called & { readonly isHelp: boolean }, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return refused(flagProblem(args) ?? (error instanceof Error ? error.message : String(error)));
  }
  const { values, positionals: words } = parsed;
  const stray = FLAG_NAMES.find((name) => {
    const value = values[name];
    return value !== undefined && value !== false && !command.flags?.includes(name);
  });
  if (stray !== undefined) return refused(`--${stray} does not go with ${command.name}`);
  const [least, most] = command.words;
  if (words.length > most && !values.help) return refused(`Unexpected word ${words[most]}`);
  if (words.length < least && !values.help) {
    return refused(`Say qumo-sdn ${command.name} ${command.usage}`);
  }
  const target = {
    url: values.url,
    tokenFile: values["token-file"],
    caFile: values["ca-file"],
    context: values.context,
  };
  return { ok: true, value: { flags: values, words, target, isHelp: values.help } };
}

const FLAG_NAMES = Object.keys(FLAG_HELP) as (keyof Flags)[];

function flagProblem(args: readonly string[]): string | undefined {
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || name in OPTIONS) continue;
    const meant = suggest(name, Object.keys(OPTIONS));
    return `Unknown flag --${name}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
  }
  return undefined;
}
