import { ProgramProcess, runModule, runToEnd } from "./program_process.ts";

/** A command, which has patience with a relay beside other tests unless its words say otherwise. */
const patient = ([command = "", ...words]: readonly string[]) =>
  runModule("relay/main.ts", [command, "--timeout", "60", ...words]);

/** Runs a command of the relay's executable that calls a relay, to its end. */
export function runClientCommand(words: readonly string[], env: Record<string, string> = {}) {
  return runToEnd(patient(words), { env });
}

/** Starts one, which goes on until it is ended. */
export function startClientCommand(words: readonly string[]): ProgramProcess {
  return new ProgramProcess(patient(words));
}
