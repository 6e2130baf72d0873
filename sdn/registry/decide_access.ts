import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { type AccessEntry, accessText, revocationId } from "./access.ts";
import { isInForce } from "./access_book.ts";
import type { AccessCommand } from "./access_command.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { DEFAULT_REVOCATION_MS, MAX_REVOCATION_MS, POLICY_MEMORY_MS } from "./limits.ts";

/** Applies a command, or refuses it. */
export function decideAccess(
  command: AccessCommand,
  context: DecisionContext,
): Outcome<Decision, Refusal> {
  context.state.access.expire(command.wall);
  switch (command.kind) {
    case "revoke":
      return revoke(command, context);
    case "unrevoke":
      return unrevoke(command, context);
    case "policy":
      return setPolicy(command, context);
  }
}

function revoke(
  command: Extract<AccessCommand, { kind: "revoke" }>,
  { state: { access }, controller: by }: DecisionContext,
): Outcome<Decision, Refusal> {
  const { target, wall } = command;
  const id = revocationId(target);
  const known = access.revocation(id);
  const before = known !== undefined && isInForce(known, wall) ? known.rule : undefined;
  const { expiresAt = before?.expiresAt ?? wall + DEFAULT_REVOCATION_MS } = command;
  const { reason = before?.reason } = command;
  if (expiresAt <= wall) return no("expires_at: it is over already");
  if (expiresAt > wall + MAX_REVOCATION_MS) {
    return no(`expires_at: at most ${MAX_REVOCATION_MS / DAY_MS} days from now`);
  }
  const createdAt = before?.createdAt ?? wall;
  const rule = { target, ...(reason !== undefined && { reason }), createdAt, expiresAt };
  const until = Math.max(expiresAt, known?.until ?? 0);
  if (known !== undefined && before !== undefined) {
    const same = accessText({ ...known, rule, until }) === accessText(known);
    if (same) return done({ changes: [] });
  }
  return say({ about: "revocation", id, seq: (known?.seq ?? 0) + 1, by, rule, until }, access);
}

function unrevoke(
  { id, wall }: Extract<AccessCommand, { kind: "unrevoke" }>,
  { state: { access }, controller: by }: DecisionContext,
): Outcome<Decision, Refusal> {
  const known = access.revocation(id);
  if (known === undefined || !isInForce(known, wall)) return none("There is no such revocation");
  const { seq, until } = known;
  return say({ about: "revocation", id, seq: seq + 1, by, until }, access);
}

function setPolicy(
  { tenant: id, terms, wall }: Extract<AccessCommand, { kind: "policy" }>,
  { state: { access }, controller: by }: DecisionContext,
): Outcome<Decision, Refusal> {
  const known = access.policy(id);
  const seq = (known?.seq ?? 0) + 1;
  if (terms !== undefined) {
    const entry = { about: "policy", id, seq, by, rule: terms } as const;
    if (known?.rule !== undefined) {
      const same = accessText({ ...known, rule: terms }) === accessText(known);
      if (same) return done({ changes: [] });
    }
    return say(entry, access);
  }
  if (known?.rule === undefined) return none("The tenant has no policy");
  return say({ about: "policy", id, seq, by, until: wall + POLICY_MEMORY_MS }, access);
}

function say(
  entry: AccessEntry,
  access: DecisionContext["state"]["access"],
): Outcome<Decision, Refusal> {
  const full = entry.rule === undefined ? undefined : access.refusal(entry);
  if (full !== undefined) return refused(full);
  access.set(entry);
  return done({ changes: [{ kind: "access", entry }] });
}

function no(message: string) {
  return refused(refusal("bad_request", message));
}

function none(message: string) {
  return refused(refusal("not_found", message));
}

const DAY_MS = 24 * 3_600_000;
