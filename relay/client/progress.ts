import { sleep } from "@qumo/shared/runtime";
import type { Process } from "../process.ts";
import { LOGGED_PROGRESS_MS, PROGRESS_MS } from "./limits.ts";

/**
 * Writes a line of progress to stderr again and again until `signal`: on a terminal in its place, and
 * elsewhere below each other, less often. What is returned writes a line between.
 */
export function progress(
  { stderr, clock }: Pick<Process, "stderr" | "clock">,
  signal: AbortSignal,
  line: () => string,
): (text: string) => void {
  const { isTerminal } = stderr;
  const write = async () => {
    for (;;) {
      await sleep(clock, isTerminal ? PROGRESS_MS : LOGGED_PROGRESS_MS, signal);
      if (signal.aborted) return;
      stderr.write(isTerminal ? `\r${line()}\x1b[K` : `${line()}\n`);
    }
  };
  void write();
  return (text) => stderr.write(isTerminal ? `\r${text}\x1b[K\n` : `${text}\n`);
}
