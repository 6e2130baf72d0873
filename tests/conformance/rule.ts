/** Whether a rule concerns us: a relay that speaks draft 18. */
export type Standing =
  | { readonly binds: "relay at 18" }
  | { readonly doesNotApply: string };

/** One thing that the protocol asks of a relay. */
export interface Rule {
  /** "R-001" to "R-205". */
  readonly id: string;
  /** What draft 18 demands, and what it advises or leaves to a careful relay. */
  readonly level: "must" | "should";
  /** The text's section by its anchor, so that a new draft's numbering changes nothing here. */
  readonly where: string;
  readonly text: string;
  readonly standing: Standing;
}

/**
 * A rule that draft 18 demands of a relay. `anchor` is one of draft-ietf-moq-transport-18, or carries
 * its own document: `moqt-16#`, `moqt-19#`, `moqt-20#`, `relay-dos#` (draft-englishm-moq-relay-dos).
 */
export function must(id: string, anchor: string, text: string, standing: Standing = BINDS): Rule {
  return { id, level: "must", where: place(anchor), text, standing };
}

/** A rule that draft 18 advises or leaves to a careful relay; otherwise like {@linkcode must}. */
export function should(id: string, anchor: string, text: string, standing: Standing = BINDS): Rule {
  return { id, level: "should", where: place(anchor), text, standing };
}

const BINDS: Standing = { binds: "relay at 18" };

function place(anchor: string): string {
  return anchor.includes("#") ? anchor : `moqt-18#${anchor}`;
}
