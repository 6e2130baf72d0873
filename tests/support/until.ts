import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";

/** How long what a test waits for may take on a machine that is busy, in milliseconds. */
export const PATIENCE_MS = 120_000;
const LOOK_MS = 20;

/**
 * Resolves when the condition holds, to the milliseconds that it took; rejects with a sentence when it
 * does not in time.
 */
export async function until(
  awaited: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = PATIENCE_MS,
): Promise<number> {
  const start = systemClock.now();
  while (!await condition()) {
    if (systemClock.now() - start > milliseconds) {
      throw new Error(`Waited ${milliseconds} ms in vain for ${awaited}`);
    }
    await sleep(systemClock, LOOK_MS);
  }
  return systemClock.now() - start;
}

/** As {@linkcode until}, to the first thing that `look` finds. */
export async function found<T>(
  awaited: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  let thing: T | undefined;
  await until(awaited, async () => (thing = await look()) !== undefined);
  return thing!;
}

/** As {@linkcode until}, until `read` gives what is expected; fails with the difference that is left. */
export async function becomes(read: () => Promise<unknown>, expected: unknown): Promise<number> {
  let difference: unknown;
  const isSo = async () => {
    try {
      assert.deepEqual(await read(), expected);
      return true;
    } catch (error) {
      difference = error;
      return false;
    }
  };
  return await until("it to become so", isSo).catch(() => {
    throw difference;
  });
}
