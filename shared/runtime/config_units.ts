import * as z from "zod";

/**
 * Durations and sizes. A number is in the unit that the key's name says; a text has its own unit,
 * like `10s` or `256MiB`. The resulting value is always a number.
 */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
};

/**
 * A whole number of milliseconds, or a text like `10s`, `1m30s` or `250ms`; at most a day by
 * default.
 */
export function milliseconds(min: number, max = MILLISECONDS.d!): z.ZodType<number> {
  const error = `an integer from ${min} to ${max}, in milliseconds, or a text like 10s`;
  const number = z.int({ error }).min(min, { error }).max(max, { error });
  return z.preprocess((value) => durationOf(value) ?? value, number);
}

/** A number of seconds, or a text like `10s`, `1m30s` or `250ms`. */
export function seconds(min: number, max: number): z.ZodType<number> {
  const error = `a number from ${min} to ${max}, in seconds, or a text like 10s`;
  const number = z.number({ error }).min(min, { error }).max(max, { error });
  return z.preprocess((value) => {
    const duration = durationOf(value);
    return duration === undefined ? value : duration / 1000;
  }, number);
}

/** A whole number of bytes, or a text like `256MiB` or `64kB`. */
export function bytes(min: number, max: number): z.ZodType<number> {
  const error = `an integer from ${min} to ${max}, in bytes, or a text like 256MiB`;
  const number = z.int({ error }).min(min, { error }).max(max, { error });
  return z.preprocess((value) => sizeOf(value) ?? value, number);
}

/** Parses a duration with a unit to milliseconds; undefined for anything else. */
function durationOf(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const parts = /^(?:\d+(?:\.\d+)?\s*(?:ms|s|min|m|h|d)\s*)+$/.test(value.trim());
  if (!parts) return undefined;
  let sum = 0;
  for (const [, count, unit] of value.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g)) {
    sum += Number(count) * MILLISECONDS[unit!]!;
  }
  // Rounded, so that 1.1 s are exactly 1100 ms.
  return Math.round(sum * 1e6) / 1e6;
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b|[kmgt]i)$/i.exec(value.trim());
  const unit = match === null ? undefined : BYTES[match[2]!.toLowerCase()];
  return unit === undefined ? undefined : Number(match![1]) * unit;
}
