import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { MAX_RETRY_MS } from "./limits.ts";

/** For how long it is tried to come back, in milliseconds, by `--retry`: without a word it does not end. */
export function retryTime(word: string | undefined): Outcome<number, string> {
  if (word === undefined) return done(Infinity);
  if (word === "never") return done(0);
  const milliseconds = Number(word) * 1_000;
  if (milliseconds > 0 && milliseconds <= MAX_RETRY_MS) return done(milliseconds);
  const most = MAX_RETRY_MS / 1_000;
  return refused(`--retry is a number of seconds up to ${most}, or never, and not ${word}`);
}
