import type { Renewal } from "./renewal.ts";
import { equalBytes, type Namespace } from "@qumo/shared/wire";

/** What a token can allow. */
export const RIGHTS = [
  "publish", // A track.
  "announce", // A namespace.
  "subscribe",
  "fetch",
  "status", // To ask what a track is like.
  "see", // To be told that a namespace exists.
] as const;
/** One of {@linkcode RIGHTS}. */
export type Right = typeof RIGHTS[number];

/** How one field of a name is compared, byte by byte. */
export interface FieldMatch {
  readonly kind: "exact" | "prefix" | "suffix";
  readonly value: Uint8Array;
}

/** Names that are allowed: a list of fields, and never a part of a text. */
export interface Rule {
  /** `path`: the fields of the connection's path come first; `namespace`: they do not count. */
  readonly within: "path" | "namespace";
  readonly fields: readonly FieldMatch[];
  /** Whether names with more fields match too. */
  readonly isOpen: boolean;
  /** The track's own name; absent: every track. */
  readonly track?: FieldMatch;
}

/** Whom a policy belongs to: what logs say, and what it can be revoked by. */
export interface Holder {
  /** The token's own id, or a part of its hash. Undefined for what anybody may do. */
  readonly tokenId: string | undefined;
  readonly subject: string | undefined;
  readonly tenant: string | undefined;
  readonly keyId: string | undefined;
}

/** Limits of one session that are lower than the configured ones; absent: as configured. */
export interface PolicyLimits {
  readonly subscriptions?: number;
  readonly publishedTracks?: number;
  readonly namespaces?: number;
  readonly fetches?: number;
}

/** What a peer may do, whatever said so: a token, or the configuration. */
export interface Policy {
  readonly holder: Holder;
  readonly rules: Readonly<Record<Right, readonly Rule[]>>;
  /** In milliseconds since 1970, the allowance for clocks included; infinite: always. */
  readonly until: number;
  readonly limits: PolicyLimits;
  /** By whom it is prolonged while it is in use; absent: by nobody. */
  readonly renewal?: Renewal | undefined;
  /** Whether a peer may come in that other tokens are to allow something. */
  readonly opens?: boolean;
  /** Whether the peer may be a relay of the mesh. */
  readonly isRelay: boolean;
}

/** A name in question. */
export interface AskedName {
  /** The fields of the connection's path. */
  readonly path: Namespace;
  readonly namespace: Namespace;
  /** The track's name; undefined for a namespace. */
  readonly track?: Uint8Array | undefined;
}

/** Whether a policy allows something for a name. */
export function allows(policy: Pick<Policy, "rules">, right: Right, name: AskedName): boolean {
  return policy.rules[right].some((rule) => covers(rule, name));
}

/** Whether a policy allows something for any name under a prefix. */
export function allowsUnder(
  policy: Pick<Policy, "rules">,
  right: Right,
  prefix: AskedName,
): boolean {
  return policy.rules[right].some((rule) => overlaps(rule, prefix));
}

/** The rules for what may be published, and for what may be subscribed to and seen. */
export function rulesOfScope(
  { put, get }: { readonly put: readonly Rule[]; readonly get: readonly Rule[] },
): Policy["rules"] {
  return { publish: put, announce: put, subscribe: get, fetch: get, status: get, see: get };
}

/** A rule for everything that begins with these fields. */
export function prefixRule(fields: Namespace): Rule {
  return {
    within: "path",
    isOpen: true,
    fields: fields.map((value) => ({ kind: "exact", value })),
  };
}

/** Whether whatever one rule of {@linkcode prefixRule} allows is allowed by another one. */
export function isWithin(inner: Rule, outer: Rule): boolean {
  return outer.fields.length <= inner.fields.length &&
    outer.fields.every((field, at) => equalBytes(field.value, inner.fields[at]!.value));
}

function covers(rule: Rule, name: AskedName): boolean {
  const { fields, isOpen, track } = rule;
  const count = countOf(rule, name);
  if (isOpen ? count < fields.length : count !== fields.length) return false;
  return agree(rule, name, fields.length) &&
    (track === undefined || name.track === undefined || matches(track, name.track));
}

function overlaps(rule: Rule, name: AskedName): boolean {
  const { fields, isOpen } = rule;
  const count = countOf(rule, name);
  if (count > fields.length && !isOpen) return false;
  return agree(rule, name, Math.min(count, fields.length));
}

function countOf({ within }: Rule, { path, namespace }: AskedName): number {
  return namespace.length + (within === "path" ? path.length : 0);
}

/**
 * Whether the first fields agree. Nothing is allocated: a session that is told of namespaces compares
 * each with every rule.
 */
function agree({ within, fields }: Rule, { path, namespace }: AskedName, count: number): boolean {
  const before = within === "path" ? path.length : 0;
  for (let at = 0; at < count; at++) {
    const field = at < before ? path[at]! : namespace[at - before]!;
    if (!matches(fields[at]!, field)) return false;
  }
  return true;
}

function matches({ kind, value }: FieldMatch, field: Uint8Array): boolean {
  if (kind === "exact") return equalBytes(value, field);
  if (value.length > field.length) return false;
  const from = kind === "prefix" ? 0 : field.length - value.length;
  return equalBytes(value, field.subarray(from, from + value.length));
}
