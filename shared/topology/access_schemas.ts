import * as z from "zod";
import { parseAnnounce } from "./announce_text.ts";
import {
  MAX_REGION_LENGTH,
  MAX_REGIONS_PER_POLICY,
  MAX_REPORTED_BPS,
  MAX_REPORTED_COUNT,
  MAX_REVOCATION_REASON_LENGTH,
  MAX_REVOKED_NAME_LENGTH,
  MAX_REVOKED_NAMESPACE_LENGTH,
} from "./limits.ts";
import { relayNameFault } from "./relay_name.ts";
import { canonicalTrackText } from "./track_text.ts";

/**
 * What can be revoked, and what can be cut: `token` by its id, or by the part of its hash that logs say
 * in place of one; `subject`, `tenant` and `key` by what a token says; `namespace` with all below it;
 * `session` by `{relay}/{session}`.
 */
export const accessKinds = ["token", "subject", "tenant", "key", "namespace", "session"] as const;

/** One of the {@linkcode accessKinds}. */
export type AccessKind = (typeof accessKinds)[number];

const count = z.number().int().nonnegative();
const bits = z.number().nonnegative();
const time = z.string().meta({ format: "date-time" });
const reason = z.string().max(MAX_REVOCATION_REASON_LENGTH);

/** A tenant's name, which one segment of a path can carry. */
export const tenantSchema = z.string().refine((name) => relayNameFault(name) === undefined, {
  error: ({ input }) => `The tenant's name ${relayNameFault(String(input))}`,
}).meta({ id: "Tenant", minLength: 1 });

const target = {
  kind: z.enum(accessKinds),
  value: z.string().min(1).max(MAX_REVOKED_NAMESPACE_LENGTH).meta({
    description:
      "What is meant by its kind; a namespace as in an announce, with all below it, and " +
      "`~` for all; a session as {relay}/{session}",
  }),
};

/** What is cut or revoked, with its value as it is compared. */
export interface AccessTarget {
  readonly kind: AccessKind;
  readonly value: string;
}

/** The value as it is compared; `undefined` for one that nothing can have. */
export function canonicalTarget({ kind, value }: AccessTarget): AccessTarget | undefined {
  if (kind === "namespace") {
    const text = canonicalTrackText(value);
    // As relays read it: what they cannot read would be in force nowhere.
    const meant = text.ok ? parseAnnounce(text.value) : text;
    if (!text.ok || !meant.ok || meant.value.name !== undefined) return undefined;
    return { kind, value: text.value };
  }
  if (value.length > MAX_REVOKED_NAME_LENGTH) return undefined;
  if (kind === "session" && !/^.+\/[^/]+$/s.test(value)) return undefined;
  return { kind, value };
}

function canonical<Body extends AccessTarget>(body: Body, context: z.RefinementCtx): Body {
  const meant = canonicalTarget(body);
  if (meant === undefined) {
    context.addIssue({ code: "custom", path: ["value"], message: `Expected a ${body.kind}` });
    return z.NEVER;
  }
  return { ...body, ...meant };
}

/** The body of `POST /revoke`. */
export const revokeSchema = z.strictObject({
  ...target,
  reason: reason.optional(),
  expires_at: z.iso.datetime({ offset: true }).optional().meta({
    description: "When it is forgotten: for a token when that has expired",
  }),
}).transform(canonical).meta({ id: "Revoke" });

/** The body of `POST /kick`. */
export const kickSchema = z.strictObject({
  ...target,
  relay: z.string().optional().meta({ description: "Only at this relay" }),
  reason: reason.optional(),
}).transform(canonical).meta({ id: "Kick" });

/** The body of `PUT /policy/{tenant}`: what a tenant may use in all relays together. */
export const policySchema = z.strictObject({
  sessions: count.optional(),
  tracks: count.optional(),
  ingress_bps: bits.optional(),
  egress_bps: bits.optional(),
  regions: z.array(z.string().max(MAX_REGION_LENGTH)).max(MAX_REGIONS_PER_POLICY).optional().meta({
    description: "The regions whose relays serve it; absent: all",
  }),
}).meta({ id: "PolicyTerms" });

/** A revocation as a controller tells it. */
export const revocationSchema = z.object({
  id: z.string(),
  kind: z.enum(accessKinds),
  value: z.string(),
  reason: z.string().optional(),
  created_at: time,
  expires_at: time,
}).meta({ id: "Revocation" });

/** A policy as a controller tells it. */
export const tenantPolicySchema = z.object({
  tenant: z.string(),
  sessions: z.number().optional(),
  tracks: z.number().optional(),
  ingress_bps: z.number().optional(),
  egress_bps: z.number().optional(),
  regions: z.array(z.string()).optional(),
}).meta({ id: "TenantPolicy" });

/** What a tenant uses at relays together, as a controller tells it. */
export const tenantUsageSchema = z.object({
  tenant: z.string(),
  sessions: count.default(0),
  tracks: count.default(0),
  ingress_bps: bits.default(0),
  egress_bps: bits.default(0),
}).meta({ id: "TenantUsage" });

/** What one relay may say that a tenant uses there. */
export const tenantReportSchema = z.object({
  tenant: z.string(),
  sessions: count.max(MAX_REPORTED_COUNT).default(0),
  tracks: count.max(MAX_REPORTED_COUNT).default(0),
  ingress_bps: bits.max(MAX_REPORTED_BPS).default(0),
  egress_bps: bits.max(MAX_REPORTED_BPS).default(0),
}).meta({ id: "TenantReport" });

/**
 * The events of a watcher with the scope `access`. They have no id, come before everything that waits
 * to be told, and can be told twice.
 *
 * A stream begins with `access_begin` (forget all: what follows is the whole list), the list in events
 * `access`, and `access_ready`. One that resumes has no `access_begin`: it tells what changed since.
 * Later changes are events `access`. A reader forgets a revocation at its `expires_at` by itself, skips
 * an entry that it cannot read, and counts it.
 */
export const accessEvents = {
  access_begin: z.object({ revision: count }),
  access: z.object({
    revocations: z.array(z.unknown()).default([]),
    policies: z.array(z.unknown()).default([]),
    /** Ids of revocations that were taken back. */
    unrevoked: z.array(z.string()).default([]),
    /** Tenants whose policy was deleted. */
    unlimited: z.array(z.string()).default([]),
  }),
  access_ready: z.object({ revision: count }),
  /** What is there now is cut; nothing is forbidden. Each has an id of its own. */
  kick: z.object({
    id: z.string(),
    kind: z.enum(accessKinds),
    value: z.string(),
    reason: z.string().optional(),
  }),
} as const;

/** A parsed revocation. */
export type Revocation = z.output<typeof revocationSchema>;
/** A parsed policy of a tenant. */
export type TenantPolicy = z.output<typeof tenantPolicySchema>;
/** What a tenant uses. */
export type TenantUsage = z.output<typeof tenantUsageSchema>;
/** A parsed body of `PUT /policy/{tenant}`. */
export type PolicyTerms = z.output<typeof policySchema>;
