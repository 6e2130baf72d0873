import { createHash } from "node:crypto";
import type { AccessTarget, PolicyTerms } from "@qumo/shared/topology";

/** Tokens, people, tenants, keys, names or sessions that may do nothing any more. */
export interface RevocationRule {
  readonly target: AccessTarget;
  readonly reason?: string;
  /** In milliseconds since 1970, as all times of access: relays are told them as dates. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface Entry {
  /** What it is about, in one form at all controllers: the hash of a target, or a tenant. */
  readonly id: string;
  /** Counts the statements about it; the higher one holds. */
  readonly seq: number;
  /** The controller that made the statement. */
  readonly by: string;
}

/** The newest statement about what is revoked: it is, or not any more. */
export interface RevocationEntry extends Entry {
  readonly about: "revocation";
  readonly rule?: RevocationRule;
  /**
   * When it is forgotten: not before any earlier statement about the same, which would come back from a
   * controller that was cut off.
   */
  readonly until: number;
}

/** The newest statement about what a tenant may use. */
export interface PolicyEntry extends Entry {
  readonly about: "policy";
  readonly rule?: PolicyTerms;
  /** When it is forgotten that the policy was deleted; absent while there is one. */
  readonly until?: number;
}

/** A statement about access. */
export type AccessEntry = RevocationEntry | PolicyEntry;

/** The key of an entry: those of one key are about the same. */
export function accessKey({ about, id }: Pick<AccessEntry, "about" | "id">): string {
  return `${about} ${id}`;
}

/** The id of the revocation of a target, the same at every controller. */
export function revocationId({ kind, value }: AccessTarget): string {
  const digest = createHash("sha256").update(`${kind} ${value}`).digest("base64url");
  return digest.slice(0, 22);
}

/**
 * Merges two statements about the same. Commutative, associative and idempotent. The later one holds;
 * of two that were made without knowing each other, one that forbids or limits.
 */
export function mergeAccess<Kind extends AccessEntry>(a: Kind, b: Kind): Kind {
  const winner = compare(a, b) >= 0 ? a : b;
  if (a.about === "policy") return winner;
  const until = Math.max(a.until ?? 0, b.until ?? 0);
  return winner.until === until ? winner : { ...winner, until };
}

/** A text that two entries share exactly when they are equal. */
export function accessText(entry: AccessEntry): string {
  const { about, id, seq, by, until = null } = entry;
  return JSON.stringify([about, id, seq, by, until, ruleText(entry)]);
}

function compare(a: AccessEntry, b: AccessEntry): number {
  if (a.seq !== b.seq) return a.seq - b.seq;
  const [present, other] = [Number(a.rule !== undefined), Number(b.rule !== undefined)];
  if (present !== other) return present - other;
  const [end, otherEnd] = [endOf(a), endOf(b)];
  if (end !== otherEnd) return end - otherEnd;
  const [text, otherText] = [`${a.by} ${ruleText(a)}`, `${b.by} ${ruleText(b)}`];
  return text < otherText ? -1 : text > otherText ? 1 : 0;
}

function endOf(entry: AccessEntry): number {
  return entry.about === "revocation" ? entry.rule?.expiresAt ?? 0 : entry.until ?? 0;
}

function ruleText(entry: AccessEntry): string {
  if (entry.rule === undefined) return "";
  if (entry.about === "policy") {
    const { sessions, tracks, ingress_bps, egress_bps, regions } = entry.rule;
    return JSON.stringify([sessions, tracks, ingress_bps, egress_bps, regions]);
  }
  const { target: { kind, value }, reason, createdAt, expiresAt } = entry.rule;
  return JSON.stringify([kind, value, reason, createdAt, expiresAt]);
}
