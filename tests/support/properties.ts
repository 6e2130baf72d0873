import fc from "fast-check";

/** The seed of all that tests make up: a run that fails fails again. `TEST_SEED` is another one. */
export const SEED = Number(Deno.env.get("TEST_SEED") ?? 18);

/** So many times more is tried than in the gate. */
const TIMES = Number(Deno.env.get("TEST_TIMES") ?? 1);

/** How much of something is tried, of which the gate has `count`. */
export function longer(count: number): number {
  return count * TIMES;
}

/** The seeds of simulations of which the gate runs `count`. */
export function seeds(count: number): number[] {
  return Array.from({ length: longer(count) }, (_, at) => SEED + at);
}

/** Fails where a property does not hold for what is made up; the failure names the seed. */
export const checkProperty = ((
  property: fc.IRawProperty<unknown>,
  { numRuns = 100, ...options }: fc.Parameters<unknown> = {},
) => fc.assert(property, { seed: SEED, numRuns: longer(numRuns), ...options })) as typeof fc.assert;
