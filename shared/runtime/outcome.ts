/** What came of a request that may be refused: refusals are values, exceptions are faults. */
export type Outcome<T, R> = { readonly ok: true; readonly value: T } | Refused<R>;

/** The half of an {@linkcode Outcome} that says no, and why. */
export interface Refused<R> {
  readonly ok: false;
  readonly refusal: R;
}

/** It was done, and this came of it. */
export function done<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** It was not done, for this reason. */
export function refused<R>(refusal: R): Refused<R> {
  return { ok: false, refusal };
}
