import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";

/** How long what a test expects may take on a machine that is busy, in milliseconds. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 50;

/** Waits until `read` gives what is expected; then fails with the difference that is left. */
export async function becomes(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  const end = systemClock.now() + PATIENCE_MS;
  for (;;) {
    try {
      return assert.deepEqual(await read(), expected);
    } catch (error) {
      if (systemClock.now() >= end) throw error;
    }
    await sleep(systemClock, LOOK_MS);
  }
}
