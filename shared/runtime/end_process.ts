import { unlessEnded } from "./clock.ts";
import { isExporting } from "./exporting.ts";

/** How long a program that has finished may take to exit by itself. */
const END_MS = 2_000;

/**
 * Exits a program that has finished. A program that exports telemetry exits by itself: Deno 2.9.6
 * waits for its exporter on an explicit exit, and occasionally hangs. The explicit exit is used
 * only when something else keeps the process alive.
 */
export async function endProcess(exit: () => void): Promise<void> {
  if (!await isExporting()) return exit();
  unlessEnded(END_MS, exit);
}
