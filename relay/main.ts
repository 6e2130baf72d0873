import { openLog, systemClock } from "@qumo/shared/runtime";
import {
  configReport,
  configWarnings,
  healthUrl,
  loadRelayConfig,
  parseCommand,
  platformProblem,
  type RelayConfig,
  USAGE,
} from "./config.ts";
import { createIdleHost } from "./idle_host.ts";
import { askHealth } from "./ops/health_check.ts";
import { serve } from "./serve.ts";
import { StartError } from "./start_error.ts";
import { versionText } from "./version.ts";

async function main(args: string[]): Promise<number> {
  const problem = platformProblem(Deno.version.deno, "QuicEndpoint" in Deno);
  if (problem !== undefined) return complain(problem, 1);
  const parsed = parseCommand(args);
  if (!parsed.ok) return complain(`${parsed.refusal}\nTry qumo-relay --help`, 2);
  const command = parsed.value;
  if (command.name === "help") return say(USAGE);
  if (command.name === "version") return say(versionText(Deno.version.deno));
  if (command.url !== undefined) return await health(command.url);
  const loaded = await loadRelayConfig(command);
  if (!loaded.ok) return complain(loaded.refusal.join("\n"), 1);
  const config = loaded.value.value;
  if (command.name === "health") return await health(healthUrl(config));
  if (command.name === "check") return say(configReport(loaded.value));
  return await run(config, configWarnings(loaded.value));
}

async function run(config: RelayConfig, warnings: readonly string[]): Promise<number> {
  const automatic = Deno.stderr.isTerminal() ? "human" : "json";
  const log = openLog({
    level: config.log.level,
    format: config.log.format === "auto" ? automatic : config.log.format,
    write: (line) => write(Deno.stderr, line),
  });
  for (const warning of warnings) log.warn(warning);
  return await serve(config, createIdleHost, {
    clock: systemClock,
    log,
    files: {
      readText: (path) => Deno.readTextFile(path),
      modified: async (path) => (await Deno.stat(path)).mtime?.getTime() ?? 0,
    },
    deno: Deno.version.deno,
    say: (line) => say(`${line}\n`),
    stop: stopSignal(),
    onReload: (reload) => onSignals(["SIGHUP"], reload),
  });
}

// Ctrl-C reaches a program that `deno task` started twice: from the terminal and from the task.
const SAME_SIGNAL_MS = 200;

/** Resolves at the first signal to stop; the second ends the process at once. */
function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let since: number | undefined;
  onSignals(["SIGINT", "SIGTERM"], () => {
    const now = systemClock.now();
    if (since !== undefined && now - since > SAME_SIGNAL_MS) Deno.exit(1);
    since ??= now;
    resolve();
  });
  return promise;
}

function onSignals(signals: readonly Deno.Signal[], act: () => void): void {
  for (const signal of signals) {
    // Windows has no other that stops a program.
    if (signal === "SIGINT" || Deno.build.os !== "windows") Deno.addSignalListener(signal, act);
  }
}

async function health(url: string): Promise<number> {
  const { ready, text } = await askHealth(url, systemClock);
  return ready ? say(`${text}\n`) : complain(text, 1);
}

function say(text: string): number {
  write(Deno.stdout, text);
  return 0;
}

function complain(text: string, code: number): number {
  write(Deno.stderr, `${text}\n`);
  return code;
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let left = new TextEncoder().encode(text);
  try {
    while (left.length > 0) left = left.subarray(stream.writeSync(left));
  } catch {
    // Whoever read it went away, which is no reason to stop.
  }
}

function inWords(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}

Deno.exit(await main(Deno.args).catch((error) => complain(inWords(error), 1)));
