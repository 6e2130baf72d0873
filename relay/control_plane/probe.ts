import { type Clock, sleep } from "@qumo/shared/runtime";
import type { ControllerClient } from "./controller_client.ts";
import { JITTER, MAX_PROBES, PROBE_MS, PROBES_OF_ONE } from "./limits.ts";

/** What controllers are asked for a sign of life with. */
export interface Probing {
  readonly client: Pick<ControllerClient, "answers">;
  readonly clock: Clock;
  readonly random: () => number;
  /** The controllers' URLs, first the one that ought to answer. */
  readonly urls: readonly string[];
}

/** A controller that answered. */
export interface Answered {
  readonly url: string;
  /** Whether requests before this one were not answered. */
  readonly wasSilent: boolean;
}

/**
 * Asks the first controller for a sign of life, again and again beside those that hang; after some
 * time each of the others too, in turn. Returns which one answered first; undefined when none did, or
 * the signal was aborted.
 */
export async function probe(
  { client, clock, random, urls: [first = "", ...others] }: Probing,
  signal: AbortSignal,
): Promise<Answered | undefined> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const asked: Promise<void>[] = [];
  let answered: Answered | undefined;
  const ask = async (url: string, round: number) => {
    if (!await client.answers(url, either)) return;
    answered ??= { url, wasSilent: round > 0 };
    over.abort();
  };
  for (let round = 0; round < MAX_PROBES && !either.aborted; round++) {
    asked.push(ask(first, round));
    const other = round < PROBES_OF_ONE ? undefined : others[round % others.length];
    if (other !== undefined) asked.push(ask(other, round));
    await sleep(clock, PROBE_MS * (1 - 2 * JITTER * random()), either);
  }
  over.abort();
  await Promise.all(asked);
  return signal.aborted ? undefined : answered;
}
