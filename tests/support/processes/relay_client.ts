import { ProgramProcess, runModule, runToEnd } from "./program_process.ts";

/** Runs a command of the relay's executable that calls a relay, to its end. */
export function runClientCommand(words: readonly string[], env: Record<string, string> = {}) {
  return runToEnd(runModule("relay/main.ts", words), { env });
}

/** Starts one, which goes on until it is ended. */
export function startClientCommand(words: readonly string[]): ProgramProcess {
  return new ProgramProcess(runModule("relay/main.ts", words));
}
