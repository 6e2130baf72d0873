import {
  accessKinds,
  policySchema,
  tenantReportSchema,
} from "@qumo/shared/topology/access_schemas";
import { relayNameSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";
import type { AccessEntry } from "../registry/mod.ts";

const count = z.number().int().nonnegative();
const time = z.number().nonnegative();
const statement = { id: z.string().max(1024), seq: count, by: z.string().max(255) };
const target = z.strictObject({ kind: z.enum(accessKinds), value: z.string() });

const entrySchema = z.discriminatedUnion("about", [
  z.strictObject({
    about: z.literal("revocation"),
    ...statement,
    rule: z.strictObject({
      target,
      reason: z.string().optional(),
      createdAt: time,
      expiresAt: time,
    }).optional(),
    until: time,
  }),
  z.strictObject({
    about: z.literal("policy"),
    ...statement,
    rule: policySchema.optional(),
    until: time.optional(),
  }),
]).transform((entry) => entry as AccessEntry).meta({
  id: "SyncAccess",
  type: "object",
  additionalProperties: true,
  description: "What is revoked, or what a tenant may use, as controllers tell each other of it",
});

const usageSchema = z.strictObject({
  relay: relayNameSchema,
  tenants: z.array(tenantReportSchema),
  age_ms: time,
}).meta({ id: "SyncUsage", description: "What tenants use at one relay" });

const kickSchema = z.strictObject({
  id: z.string().max(64),
  ...target.shape,
  relay: z.string().optional(),
  reason: z.string().optional(),
});

/** A message of one controller to another about access. */
export const accessMessageSchema = z.strictObject({
  entries: z.array(entrySchema).default([]),
  usages: z.array(usageSchema).default([]),
  kicks: z.array(kickSchema).default([]),
  /** Whether the entries are all that the sender has, so that others are what it lacks. */
  all: z.boolean().default(false),
}).meta({ id: "SyncAccessMessage" });

/** A parsed message. */
export type AccessMessage = z.output<typeof accessMessageSchema>;

/** The answer: a digest of everything, and what the sender lacks of what it sent. */
export const accessMessageAnswer = z.strictObject({
  digest: z.string(),
  entries: z.array(entrySchema),
}).meta({ id: "SyncAccessAnswer" });

/** A parsed answer. */
export type AccessMessageAnswer = z.output<typeof accessMessageAnswer>;
