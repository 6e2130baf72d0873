import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Flags } from "../command.ts";
import {
  MAX_BENCH_TRACKS,
  MAX_OBJECT_BYTES,
  MAX_RATE,
  MAX_SECONDS,
  MAX_SESSIONS,
} from "./limits.ts";
import { STAMP_BYTES } from "./bench_payload.ts";

/** What the load is. */
export interface BenchSettings {
  readonly publishers: number;
  /** Of each publisher. */
  readonly subscribers: number;
  /** Of each publisher. */
  readonly tracks: number;
  /** Bytes of an object. */
  readonly size: number;
  /** Objects of a track a second. */
  readonly rate: number;
  /** Objects of a group. */
  readonly group: number;
  /** Seconds that are measured. */
  readonly duration: number;
}

/** A number of the command line: its least and its most, and what it is without a word. */
const NUMBERS: Readonly<Record<keyof BenchSettings, readonly [number, number, number]>> = {
  publishers: [1, MAX_SESSIONS, 1],
  subscribers: [1, MAX_SESSIONS, 10],
  tracks: [1, MAX_BENCH_TRACKS, 1],
  size: [STAMP_BYTES, MAX_OBJECT_BYTES, 1200],
  rate: [1, MAX_RATE, 30],
  group: [1, MAX_RATE, 30],
  duration: [1, MAX_SECONDS, 10],
};

/** Reads the settings, or refuses them with a sentence. */
export function benchSettings(flags: Flags): Outcome<BenchSettings, string> {
  const found: Partial<Record<keyof BenchSettings, number>> = {};
  for (const name of Object.keys(NUMBERS) as (keyof BenchSettings)[]) {
    const [least, most, usual] = NUMBERS[name];
    const text = flags[name];
    const value = text === undefined ? usual : /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      return refused(`--${name} is a number from ${least} to ${most}, and not ${text}`);
    }
    found[name] = value;
  }
  const settings = found as BenchSettings;
  const sessions = settings.publishers * (1 + settings.subscribers);
  if (sessions > MAX_SESSIONS) {
    return refused(`These are ${sessions} sessions, and one run has ${MAX_SESSIONS} at most`);
  }
  return done(settings);
}
