import * as z from "zod";
import { relayNameSchema } from "@qumo/shared/topology/schemas";
import { DIGEST_BUCKETS } from "./digest.ts";
import { wireStateSchema } from "./wire.ts";

const count = z.number().int().nonnegative();

/** A relay's newest heartbeat number and the remaining time of its lease. */
const wireLeaseSchema = z.strictObject({
  name: relayNameSchema,
  epoch: count,
  number: count,
  beat: count,
  remaining_ms: z.number().nonnegative(),
}).meta({ id: "SyncLease" });

/** A message from one controller to another. */
export const syncMessageSchema = z.strictObject({
  states: z.array(wireStateSchema).default([]),
  leases: z.array(wireLeaseSchema).default([]),
  /** Relays whose state the sender requests. */
  want: z.array(relayNameSchema).default([]),
  /** Milliseconds since the sender last received leases; absent if it never did. */
  since_ms: z.number().nonnegative().optional(),
}).meta({ id: "SyncMessage" });

/** A parsed message. */
export type SyncMessage = z.output<typeof syncMessageSchema>;

/** A controller's hashes by bucket. */
export const digestRequestSchema = z.strictObject({
  buckets: z.array(z.string().max(64)).min(DIGEST_BUCKETS).max(DIGEST_BUCKETS),
}).meta({ id: "SyncDigest" });

/** The relays' hashes in buckets that differ, by bucket and name. */
export const digestAnswerSchema = z.strictObject({
  differing: z.record(z.string().regex(/^\d{1,3}$/), z.record(relayNameSchema, z.string().max(64))),
}).meta({ id: "SyncDifferences" });

/** A parsed digest answer. */
export type DigestAnswer = z.output<typeof digestAnswerSchema>;

/** The answer to a message: requested states, and leases. */
export const syncAnswerSchema = z.strictObject({
  nodes: count,
  status: z.literal("synced"),
  revision: count,
  states: z.array(wireStateSchema),
  leases: z.array(wireLeaseSchema),
}).meta({ id: "Synced" });

/** A parsed answer. */
export type SyncAnswer = z.output<typeof syncAnswerSchema>;
