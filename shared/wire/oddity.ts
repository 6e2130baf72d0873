/** Something in a message that the draft does not allow, and that changes nothing of what it means. */
export type OddityKind =
  /** A parameter of the draft that this message does not have: it is left out. */
  | "misplaced"
  /** A value that is written in another form than the draft's. */
  | "form";

/** An oddity of a message that was understood all the same. */
export interface Oddity {
  readonly kind: OddityKind;
  readonly parameter: string;
}
