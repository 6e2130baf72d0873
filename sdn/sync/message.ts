import { z } from "zod";
import { relayNameSchema } from "@qumo/shared/topology";
import { DIGEST_BUCKETS } from "./digest.ts";
import { wireStateSchema } from "./wire.ts";

const count = z.number().int().nonnegative();

/** How far a relay's heartbeats have come, and what is left of its lease. */
const wireLeaseSchema = z.strictObject({
  name: relayNameSchema,
  epoch: count,
  number: count,
  beat: count,
  remaining_ms: z.number().nonnegative(),
}).meta({ id: "SyncLease" });

/** What one controller tells another. */
export const syncMessageSchema = z.strictObject({
  states: z.array(wireStateSchema).default([]),
  leases: z.array(wireLeaseSchema).default([]),
  /** Relays of which the sender wants to be told in turn. */
  want: z.array(relayNameSchema).default([]),
  /** How long ago the sender heard of leases last; absent when it never did. */
  since_ms: z.number().nonnegative().optional(),
}).meta({ id: "SyncMessage" });

/** What one controller tells another, as it has been read. */
export type SyncMessage = z.output<typeof syncMessageSchema>;

/** A controller's fingerprints, by group. */
export const digestRequestSchema = z.strictObject({
  buckets: z.array(z.string().max(64)).min(DIGEST_BUCKETS).max(DIGEST_BUCKETS),
}).meta({ id: "SyncDigest" });

/** The fingerprints of the relays in those groups that differ, by group and name. */
export const digestAnswerSchema = z.strictObject({
  differing: z.record(z.string().regex(/^\d{1,3}$/), z.record(relayNameSchema, z.string().max(64))),
}).meta({ id: "SyncDifferences" });

/** The fingerprints of groups that differ, as they have been read. */
export type DigestAnswer = z.output<typeof digestAnswerSchema>;

/** The answer to a message: what was asked for, and the leases. */
export const syncAnswerSchema = z.strictObject({
  nodes: count,
  status: z.literal("synced"),
  revision: count,
  states: z.array(wireStateSchema),
  leases: z.array(wireLeaseSchema),
}).meta({ id: "Synced" });

/** The answer to a message, as it has been read. */
export type SyncAnswer = z.output<typeof syncAnswerSchema>;
