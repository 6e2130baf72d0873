import {
  policySchema,
  revocationSchema,
  tenantUsageSchema,
} from "@qumo/shared/topology/access_schemas";
import * as z from "zod";

const revision = z.number().int().meta({ description: "The revision that this answer is of" });
const next = z.string().optional().meta({ description: "The `after` of the next page" });
const count = z.number().int();

/** A revocation. */
export const revocationAnswer = revocationSchema;

/** A revocation that was given, or that there was already. */
export const revokedAnswer = revocationSchema.extend({ revision }).meta({ id: "Revoked" });

/** A page of the revocations in force, by their ids. */
export const revocationsAnswer = z.strictObject({
  revision,
  count,
  revocations: z.array(revocationSchema),
  next,
}).meta({ id: "Revocations" });

/** A revocation that was taken back. */
export const unrevokedAnswer = z.strictObject({
  id: z.string(),
  status: z.literal("unrevoked"),
  revision,
}).meta({ id: "Unrevoked" });

/** What a tenant may use. */
export const policyAnswer = policySchema.extend({ tenant: z.string() }).meta({ id: "Policy" });

/** What a tenant may use, and what it uses. */
export const onePolicyAnswer = policyAnswer.extend({
  used: tenantUsageSchema.omit({ tenant: true }).meta({
    description: "At all relays together, as their last heartbeats said",
  }),
  revision,
}).meta({ id: "OnePolicy" });

/** A page of the policies, by tenants. */
export const policiesAnswer = z.strictObject({
  revision,
  count,
  policies: z.array(policyAnswer),
  next,
}).meta({ id: "Policies" });

/** A policy that was deleted. */
export const policyDeletedAnswer = z.strictObject({
  tenant: z.string(),
  status: z.literal("deleted"),
  revision,
}).meta({ id: "PolicyDeleted" });

/** To whom a kick was sent. */
export const kickAnswer = z.strictObject({
  id: z.string(),
  relays: count.meta({ description: "Relays that follow this controller and were told" }),
  controllers: count.meta({ description: "Other controllers that were told to tell theirs" }),
  etcd: z.enum(["told", "not_told"]).optional().meta({
    description: "Whether all other controllers on its etcd are told; absent without etcd",
  }),
  revision,
}).meta({ id: "Kicked" });
