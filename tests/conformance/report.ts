import type { Claims, Proof } from "./proofs.ts";
import type { Rule } from "./rule.ts";

/** What is known about every rule, ready to print. */
export interface Report {
  /** One line for each rule and each of its proofs, then the summary. */
  readonly lines: readonly string[];
  /** Faults of the list or of test names: a report with one cannot be trusted. */
  readonly errors: readonly string[];
  /** Rules that bind and that no test proves. */
  readonly missing: readonly string[];
}

/** Puts the rules and the tests' claims side by side. */
export function makeReport(rules: readonly Rule[], claims: Claims): Report {
  const known = new Set(rules.map((rule) => rule.id));
  const proofs = Map.groupBy(
    claims.proofs.flatMap((proof) => proof.rules.map((id) => ({ id, proof }))),
    ({ id }) => id,
  );
  const proved: Rule[] = [];
  const excused: Rule[] = [];
  const missing: Rule[] = [];
  const lines: string[] = [];
  for (const rule of rules) {
    const own = proofs.get(rule.id) ?? [];
    if ("doesNotApply" in rule.standing) {
      excused.push(rule);
      lines.push(`${label(rule)} does not apply to 18 because: ${rule.standing.doesNotApply}`);
    } else if (own.length === 0) {
      missing.push(rule);
      lines.push(`${label(rule)} missing: ${rule.text} (${rule.where})`);
    } else {
      proved.push(rule);
      lines.push(
        ...own.map(({ proof }) => `${label(rule)} proved by ${proof.file}: ${proof.test}`),
      );
    }
  }
  const musts = missing.filter((rule) => rule.level === "must").length;
  lines.push(
    ...claims.mentions.map((claim) => `note: ${place(claim)} is no test's name: ${claim.test}`),
    `${rules.length} rules: ${proved.length} proved, ${excused.length} do not apply to 18, ` +
      `${missing.length} missing (${musts} must, ${missing.length - musts} should)`,
  );
  const errors = [
    ...rules.filter((rule, at) => rules.findIndex(({ id }) => id === rule.id) !== at)
      .map((rule) => `${rule.id} is in the list twice`),
    ...claims.proofs.flatMap((proof) =>
      proof.rules.filter((id) => !known.has(id))
        .map((id) => `${place(proof)} names ${id}, which is not in the list`)
    ),
  ];
  return { lines, errors, missing: missing.map((rule) => rule.id) };
}

function label(rule: Rule): string {
  return `${rule.id} ${rule.level.padEnd("should".length)}`;
}

function place(claim: Proof): string {
  return `${claim.file}:${claim.line}`;
}
