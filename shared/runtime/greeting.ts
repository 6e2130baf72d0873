import { formatAddress, reachable, type SocketAddress } from "./address.ts";
import type { ProgramConfig } from "./program_settings.ts";
import type { Process } from "./process.ts";

/**
 * Prints to standard output that the program is ready: a sentence with a `human` log, a line in the
 * log's format with a `json` log.
 */
export function greet(
  { stdout, stderr, clock }: Pick<Process, "stdout" | "stderr" | "clock">,
  { format }: ProgramConfig["log"],
  text: string,
): void {
  if (format === "human" || format === "auto" && stderr.isTerminal) {
    stdout.write(`${text}\n`);
    return;
  }
  const time = new Date(clock.wall()).toISOString();
  stdout.write(`${JSON.stringify({ time, level: "info", message: text })}\n`);
}

/**
 * The text for a program that listens on more than the address printed before: `; listening on …`,
 * or nothing.
 */
export function listeningText(address: SocketAddress): string {
  const isEvery = reachable(address).hostname !== address.hostname;
  return isEvery ? `; listening on ${formatAddress(address)}, every address of this machine` : "";
}
