import { sleep, systemClock } from "@qumo/shared/runtime";

const STEP = 20;

/** Resolves when the condition holds; rejects with a sentence when it does not in time. */
export async function until(
  awaited: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = 30_000,
): Promise<void> {
  const end = systemClock.now() + milliseconds;
  while (!await condition()) {
    if (systemClock.now() > end) {
      throw new Error(`Waited ${milliseconds} ms in vain for ${awaited}`);
    }
    await sleep(systemClock, STEP);
  }
}
