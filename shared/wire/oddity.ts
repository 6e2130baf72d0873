/** A deviation from the draft that does not change a message's meaning. */
export type OddityKind =
  /** A parameter of the draft that this message may not have; it is ignored. */
  | "misplaced"
  /** A value in another encoding than the draft's. */
  | "form";

/** A deviation in an accepted message. */
export interface Oddity {
  readonly kind: OddityKind;
  readonly parameter: string;
}
