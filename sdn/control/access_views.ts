import type { z } from "zod";
import type { AccessEntry, PolicyEntry, RevocationEntry } from "../registry/mod.ts";
import type { policyAnswer, revocationAnswer } from "./access_answers.ts";

/** A revocation as the API and relays are told it. */
export function revocationView({ id, rule }: RevocationEntry): z.output<typeof revocationAnswer> {
  const { target, reason, createdAt, expiresAt } = rule!;
  return {
    id,
    ...target,
    ...(reason !== undefined && { reason }),
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

/** A policy as the API and relays are told it. */
export function policyView({ id, rule }: PolicyEntry): z.output<typeof policyAnswer> {
  return { tenant: id, ...rule! };
}

/** Entries as an event tells them: those with a rule, and those without. */
export function accessView(entries: readonly AccessEntry[]) {
  const revocations = entries.filter((entry) => entry.about === "revocation");
  const policies = entries.filter((entry) => entry.about === "policy");
  const lists = {
    revocations: revocations.filter(({ rule }) => rule !== undefined).map(revocationView),
    policies: policies.filter(({ rule }) => rule !== undefined).map(policyView),
    unrevoked: revocations.filter(({ rule }) => rule === undefined).map(({ id }) => id),
    unlimited: policies.filter(({ rule }) => rule === undefined).map(({ id }) => id),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

/** An entry in words, for people. */
export function accessWords(entry: AccessEntry): string {
  if (entry.about === "policy") return `the tenant ${entry.id}`;
  if (entry.rule === undefined) return entry.id;
  const { target: { kind, value }, reason, expiresAt } = entry.rule;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `${kind} ${value.slice(0, MAX_SHOWN)} until ${new Date(expiresAt).toISOString()}${why}`;
}

/** Characters of what is revoked in an event. */
const MAX_SHOWN = 200;
