import { type BuildVersion, versionText } from "./build_version.ts";
import { type Command, parseCommand } from "./command_line.ts";
import type { Environment } from "./config_environment.ts";
import type { ConfigDefinition } from "./config_definition.ts";
import { loadConfig, type LoadedConfig } from "./config_file.ts";
import { fileFaults } from "./config_named_files.ts";
import { ConfigReload } from "./config_reload.ts";
import { configJson, configReport, problemsJson } from "./config_report.ts";
import { hideSecrets } from "./config_secrets.ts";
import { type Ask, askHealth, askOwn } from "./health_check.ts";
import { type Log, type LogFields, openLog } from "./log.ts";
import { messageOf } from "./message_of.ts";
import { type Outcome, refused } from "./outcome.ts";
import type { Process } from "./process.ts";
import { LIVE_LOG_KEYS, type ProgramConfig } from "./program_settings.ts";
import { readFailure } from "./read_failure.ts";
import { StartError } from "./start_error.ts";
import { isExporting } from "./exporting.ts";

/** What differs between the programs. */
export interface Program<T extends ProgramConfig & object> {
  readonly version: BuildVersion;
  /** The answer of `--help`. */
  readonly usage: string;
  /** Commands that the program runs itself. */
  readonly otherCommands?: readonly string[];
  readonly definition: ConfigDefinition<T>;
  /** What every line of the log says besides. */
  readonly logFields?: (config: T) => LogFields;
  /** Warnings about a valid configuration. */
  readonly warnings: (loaded: LoadedConfig<T>) => readonly string[];
  /** The URL of `/health` of a program with this configuration. */
  readonly healthUrl: (config: T) => string;
  /**
   * Runs the program until a signal stops it; returns the exit code. `reload` reads the
   * configuration again, for the keys that the program follows. Rejects with a
   * {@linkcode StartError} when it cannot start.
   */
  readonly serve: (config: T, log: Log, reload: ConfigReload<T>) => Promise<number>;
  /**
   * Copies the store into a folder; returns the text to print. Rejects with a
   * {@linkcode StartError} when that fails.
   */
  readonly backup?: (config: T, folder: string) => Promise<string>;
  /** Looks at what the program needs; rejects with a {@linkcode StartError} when it cannot. */
  readonly doctor?: (config: T) => Promise<{ readonly text: string; readonly isWell: boolean }>;
  /** What a token may do; rejects with a {@linkcode StartError} when that is nothing. */
  readonly explain?: (config: T, token: TokenToExplain) => Promise<string>;
}

/** A token as `check` is given it. */
export interface TokenToExplain {
  readonly text: string;
  /** The path at which it is shown. */
  readonly path: string | undefined;
}

/** How files and the environment are read. */
export interface ConfigAccess {
  readonly readText: (path: string) => Promise<string>;
  readonly environment: () => Environment;
}

/** Runs a command line; returns the exit code, which is 2 for a usage error. */
export async function runProgram<T extends ProgramConfig & object>(
  args: readonly string[],
  program: Program<T>,
  process: Process & ConfigAccess,
): Promise<number> {
  const { version, usage } = program;
  const parsed = parseCommand(args, {
    former: version.name.replace(/^qumo-/, ""),
    hasBackup: program.backup !== undefined,
    hasTokens: program.explain !== undefined,
    hasDoctor: program.doctor !== undefined,
    ...(program.otherCommands && { others: program.otherCommands }),
  });
  if (!parsed.ok) return complain(process, `${parsed.refusal}\nTry ${version.name} --help`, 2);
  const command = parsed.value;
  if (command.name === "help") return say(process, usage);
  if (command.name === "version") return say(process, versionText(version, process.deno));
  if (command.url !== undefined) return await health(process, command.url);
  const { definition } = program;
  const loaded = await loadCommandConfig(definition, command, process);
  if (!loaded.ok) return unusable(process, command, loaded.refusal);
  const config = loaded.value.value;
  if (command.name === "health") return await health(process, program.healthUrl(config), askOwn);
  const { folder } = command;
  if (folder !== undefined) {
    return await attempt(loaded.value, process, async () => {
      return say(process, `${await program.backup?.(config, folder)}\n`);
    });
  }
  if (command.name === "doctor") return await examine(program, loaded.value, process);
  const usable = await withUsableFiles(definition, loaded, process);
  if (!usable.ok) return unusable(process, command, usable.refusal);
  const warnings = [...loaded.value.warnings, ...program.warnings(loaded.value)];
  if (command.name === "check") {
    if (command.json) return say(process, configJson(loaded.value, warnings));
    if (warnings.length > 0) complain(process, warnings.map((one) => `warning: ${one}`).join("\n"));
    const { token } = command;
    if (token !== undefined) return await explain(program, loaded.value, token, process);
    return say(process, configReport(loaded.value));
  }
  const open = await programLog(config, process);
  const opened = open(config);
  const log = program.logFields === undefined ? opened : opened.with(program.logFields(config));
  for (const warning of warnings) log.warn(warning);
  const load = async () =>
    await withUsableFiles(
      definition,
      await loadCommandConfig(definition, command, process),
      process,
    );
  const reload = new ConfigReload({ loaded: loaded.value, load, log });
  // There is one log, whose loggers go on.
  reload.follow({ keys: LIVE_LOG_KEYS, prepare: (next) => () => void open(next) });
  return await attempt(loaded.value, process, () => program.serve(config, log, reload));
}

/** Refuses a configuration that names files which cannot be used. */
async function withUsableFiles<T extends object>(
  { files }: ConfigDefinition<T>,
  loaded: Outcome<LoadedConfig<T>, readonly string[]>,
  { readText }: ConfigAccess,
): Promise<typeof loaded> {
  if (!loaded.ok) return loaded;
  const faults = await fileFaults(loaded.value, files(loaded.value.value), readText);
  return faults.length > 0 ? refused(faults) : loaded;
}

/** Says what is wrong with a configuration: to people, and to programs that asked for it. */
function unusable(process: Process, { json }: Command, problems: readonly string[]): number {
  if (!json) return complain(process, problems.join("\n"), 1);
  say(process, problemsJson(problems));
  return 1;
}

async function examine<T extends ProgramConfig & object>(
  program: Program<T>,
  loaded: LoadedConfig<T>,
  process: Process,
): Promise<number> {
  return await attempt(loaded, process, async () => {
    const report = await program.doctor?.(loaded.value);
    say(process, report?.text ?? "");
    return report?.isWell === false ? 1 : 0;
  });
}

async function explain<T extends ProgramConfig & object>(
  program: Program<T>,
  loaded: LoadedConfig<T>,
  { file, path }: NonNullable<Command["token"]>,
  process: Process & ConfigAccess,
): Promise<number> {
  let text: string;
  try {
    text = await process.readText(file);
  } catch (error) {
    return complain(process, `Cannot read ${file}: ${readFailure(error)}`, 1);
  }
  return await attempt(loaded, process, async () => {
    return say(process, await program.explain?.(loaded.value, { text, path }) ?? "");
  });
}

/** Runs the command; when it cannot start, prints why. */
async function attempt<T>(
  loaded: LoadedConfig<T>,
  process: Process,
  act: () => Promise<number>,
): Promise<number> {
  try {
    return await act();
  } catch (error) {
    return complain(process, startFailure(loaded, error), 1);
  }
}

/**
 * Loads the configuration from the file, the environment and the flags; refuses with lines to
 * print.
 */
async function loadCommandConfig<T extends object>(
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
  return await loadConfig(definition, { file, environment: environment(), flags });
}

/** Why a program does not start; a fault that belongs to a key begins with the place of its value. */
function startFailure<T>(loaded: LoadedConfig<T>, error: unknown): string {
  if (error instanceof StartError && error.key !== undefined) {
    return loaded.line({ key: error.key, text: error.message });
  }
  return error instanceof StartError ? error.message : `Cannot start: ${messageOf(error)}`;
}

/** Writes a sentence for the operator; returns the exit code, for a caller that ends with it. */
export function complain({ stderr }: Process, text: string, code = 0): number {
  stderr.write(`${hideSecrets(text)}\n`);
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

/** What opens the log as a configuration says. */
async function programLog(
  { telemetry }: ProgramConfig,
  { stderr, exportLine }: Process,
): Promise<(config: ProgramConfig) => Log> {
  const automatic = stderr.isTerminal ? "human" : "json";
  const isExported = telemetry.enabled && await isExporting();
  return ({ log }) => {
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
  };
}
