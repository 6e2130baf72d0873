import { type BuildVersion, versionText } from "./build_version.ts";
import { type Command, parseCommand } from "./command_line.ts";
import { type ConfigDefinition, loadConfig, type LoadedConfig } from "./config_file.ts";
import { type Ask, askHealth, askOwn } from "./health_check.ts";
import { type Log, type LogLevel, openLog } from "./log.ts";
import { messageOf } from "./message_of.ts";
import { type Outcome, refused } from "./outcome.ts";
import type { Process } from "./process.ts";
import { isExporting } from "./tracing.ts";

/** What of its configuration a program is started with. */
export interface ProgramConfig {
  readonly log: {
    readonly level: LogLevel;
    /** `auto` is `human` on a terminal and `json` elsewhere. */
    readonly format: "auto" | "human" | "json";
  };
  readonly telemetry: {
    /** Whether the runtime's exporter is given the log as well. */
    readonly enabled: boolean;
  };
}

/** What a program is, apart from what every program does. */
export interface Program<T extends ProgramConfig> {
  readonly version: BuildVersion;
  /** The answer of `--help`. */
  readonly usage: string;
  readonly load: (command: Command) => Promise<Outcome<LoadedConfig<T>, readonly string[]>>;
  /** The answer of `check`. */
  readonly report: (loaded: LoadedConfig<T>) => string;
  /** Where the program that is configured like this answers whether it is ready. */
  readonly healthUrl: (config: T) => string;
  /** Runs until it is told to stop; returns the exit code, or the reason why it cannot start. */
  readonly serve: (loaded: LoadedConfig<T>, log: Log) => Promise<number | string>;
}

/** How files and the environment are read. */
export interface ConfigAccess {
  readonly readText: (path: string) => Promise<string>;
  readonly environment: (name: string) => string | undefined;
}

/** Does what the command line asks for; returns the exit code: 2 for one that nobody understands. */
export async function runProgram<T extends ProgramConfig>(
  args: readonly string[],
  program: Program<T>,
  process: Process,
): Promise<number> {
  const { version, usage } = program;
  const parsed = parseCommand(args, version.name.replace(/^qumo-/, ""));
  if (!parsed.ok) return complain(process, `${parsed.refusal}\nTry ${version.name} --help`, 2);
  const command = parsed.value;
  if (command.name === "help") return say(process, usage);
  if (command.name === "version") return say(process, versionText(version, process.deno));
  if (command.url !== undefined) return await health(process, command.url);
  const loaded = await program.load(command);
  if (!loaded.ok) return complain(process, loaded.refusal.join("\n"), 1);
  const config = loaded.value.value;
  if (command.name === "health") return await health(process, program.healthUrl(config), askOwn);
  if (command.name === "check") return say(process, program.report(loaded.value));
  const ended = await program.serve(loaded.value, openProgramLog(config, process));
  return typeof ended === "number" ? ended : complain(process, ended, 1);
}

/** Loads what the command line, the environment and the file say; refuses with lines to print. */
export async function loadCommandConfig<T extends object>(
  definition: ConfigDefinition<T>,
  { configFile: name, flags }: Command,
  { readText, environment }: ConfigAccess,
): Promise<Outcome<LoadedConfig<T>, readonly string[]>> {
  let file;
  try {
    if (name !== undefined) file = { name, text: await readText(name) };
  } catch (error) {
    return refused([`Cannot read ${name}: ${readFailure(error)}`]);
  }
  return loadConfig(definition, { file, environment, flags });
}

/** Writes a sentence for the operator; returns the exit code, for a caller that ends with it. */
export function complain({ stderr }: Process, text: string, code: number): number {
  stderr.write(`${text}\n`);
  return code;
}

function say({ stdout }: Process, text: string): number {
  stdout.write(text);
  return 0;
}

async function health(process: Process, url: string, ask?: Ask): Promise<number> {
  const { ready, text } = await askHealth(url, process.clock, ask);
  return ready ? say(process, `${text}\n`) : complain(process, text, 1);
}

function openProgramLog({ log, telemetry }: ProgramConfig, { stderr, exportLine }: Process): Log {
  const automatic = stderr.isTerminal ? "human" : "json";
  const isExported = telemetry.enabled && isExporting();
  const opened = openLog({
    level: log.level,
    format: log.format === "auto" ? automatic : log.format,
    write(line, level) {
      stderr.write(line);
      if (isExported) exportLine(level, line.trimEnd());
    },
  });
  if (telemetry.enabled && !isExported) {
    opened.warn(
      "telemetry.enabled does nothing: the exporter is off, see configs/otel",
    );
  }
  return opened;
}

// The names of the runtime's errors; their messages repeat the path and the system's error number.
function readFailure(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFound") return "there is no such file";
  if (name === "PermissionDenied") return "permission denied";
  if (name === "IsADirectory") return "it is a directory";
  return messageOf(error);
}
