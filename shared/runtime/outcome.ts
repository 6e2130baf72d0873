/** The outcome of a request that may be refused: refusals are values, exceptions are faults. */
export type Outcome<T, R> = { readonly ok: true; readonly value: T } | Refused<R>;

/** A refused {@linkcode Outcome}, with the reason. */
export interface Refused<R> {
  readonly ok: false;
  readonly refusal: R;
}

/** A successful outcome with its value. */
export function done<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A refused outcome with its reason. */
export function refused<R>(refusal: R): Refused<R> {
  return { ok: false, refusal };
}
