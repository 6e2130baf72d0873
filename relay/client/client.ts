import {
  complain,
  messageOf,
  openLog,
  type Outcome,
  refused,
  stopSignal,
} from "@qumo/shared/runtime";
import type { Process } from "../process.ts";
import { benchCommand } from "./bench/bench_command.ts";
import { withReportedHash } from "./call_relay.ts";
import { type ClientCommand, EXIT } from "./command.ts";
import { commandHelp, type Parsed, parseFlags } from "./flags.ts";
import { lsCommand } from "./ls_command.ts";
import { publishCommand } from "./publish/publish_command.ts";
import { subscribeCommand } from "./subscribe/subscribe_command.ts";
import { type Target, targetOf } from "./target.ts";

const COMMANDS: readonly ClientCommand[] = [
  lsCommand,
  subscribeCommand,
  publishCommand,
  benchCommand,
];

/** Runs a command that calls a relay; returns the exit code. */
export async function runClient(args: readonly string[], process: Process): Promise<number> {
  const [name = "", ...rest] = args;
  const command = COMMANDS.find((one) => one.name === name)!;
  const misused = (text: string) =>
    complain(process, `${text}\nTry qumo-relay ${name} --help`, EXIT.usage);
  const parsed = parseFlags(command, rest);
  if (!parsed.ok) return misused(parsed.refusal);
  const { flags, words: [url = "", ...words], isHelp, isVerbose } = parsed.value;
  if (isHelp) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const target = await findTarget(url, parsed.value, process);
  if (!target.ok) return misused(target.refusal);
  const log = openLog({
    level: isVerbose ? "debug" : "error",
    format: "human",
    write: (line) => process.stderr.write(line),
  });
  const stop = new AbortController();
  void stopSignal(process).then(() => stop.abort());
  const call = {
    words,
    flags,
    target: target.value,
    resolveTarget: () => withReportedHash(target.value, process.clock),
    process,
    log,
    signal: stop.signal,
  };
  const outcome = await command.run(call);
  return outcome.ok ? 0 : complain(process, outcome.refusal.text, outcome.refusal.code);
}

async function findTarget(
  url: string,
  { tokenFile, certificateHashes, caFiles, protocols, timeout }: Parsed,
  { readText, environment }: Process,
): Promise<Outcome<Target, string>> {
  const read = async (path: string): Promise<string> => {
    try {
      return await readText(path);
    } catch (error) {
      throw new Error(`Cannot read ${path}: ${messageOf(error)}`);
    }
  };
  try {
    const authorities = await Promise.all(caFiles.map(read));
    const token = tokenFile === undefined
      ? environment()["QUMO_TOKEN"]
      : (await read(tokenFile)).trim();
    return targetOf({
      url,
      token: token === "" ? undefined : token,
      protocols,
      timeout,
      certificateHashes,
      authorities,
    });
  } catch (error) {
    return refused(messageOf(error));
  }
}
