import { unlessEnded } from "./clock.ts";
import { isExporting } from "./exporting.ts";

/** How long a program that is through may take to end by itself. */
const END_MS = 2_000;

/**
 * Ends a program that is through, by `exit`. One that exports telemetry is left to end by itself: told
 * to exit, Deno 2.9.6 waits for its exporter, and once in a while for ever. It is told to only when
 * something keeps it from ending.
 */
export async function endProcess(exit: () => void): Promise<void> {
  if (!await isExporting()) return exit();
  unlessEnded(END_MS, exit);
}
