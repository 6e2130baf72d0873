import { formatAddress, reachable, type SocketAddress } from "./address.ts";
import type { ProgramConfig } from "./program_settings.ts";
import type { Process } from "./process.ts";

/**
 * Says on the standard output that the program is ready: a sentence where the log is for people, and
 * a line like the log's where that is for machines.
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

/** For a program that listens on more than the address that was told: `; listening on …`, or nothing. */
export function listeningText(address: SocketAddress): string {
  const isEvery = reachable(address).hostname !== address.hostname;
  return isEvery ? `; listening on ${formatAddress(address)}, every address of this machine` : "";
}
