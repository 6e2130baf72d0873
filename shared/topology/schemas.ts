import * as z from "zod";
import { tenantReportSchema } from "./access_schemas.ts";
import {
  MAX_ADDRESS_LENGTH,
  MAX_ANNOUNCES_PER_RELAY,
  MAX_COST,
  MAX_FLOW_BYTES_PER_RELAY,
  MAX_FLOWS_PER_RELAY,
  MAX_NEIGHBORS,
  MAX_REGION_LENGTH,
  MAX_RELAY_NAME_BYTES,
  MAX_RTT_MS,
  MAX_SEQUENCE,
  MAX_TENANTS_PER_RELAY,
  MAX_VERSION_LENGTH,
} from "./limits.ts";
import { relayNameFault } from "./relay_name.ts";
import { canonicalTrackText } from "./track_text.ts";

/** A relay's name. */
export const relayNameSchema = z.string().refine((name) => relayNameFault(name) === undefined, {
  // One message instead of superRefine(), whose context would dominate the cost of a heartbeat.
  error: ({ input }) => `The name ${relayNameFault(String(input))}`,
}).meta({
  id: "RelayName",
  minLength: 1,
  maxLength: MAX_RELAY_NAME_BYTES,
  description: "A relay's name: what one path segment can carry and people can see",
});

/** A track or namespace as text; parsed into its canonical form. */
export const trackTextSchema = z.string().transform((text, context) => {
  const canonical = canonicalTrackText(text);
  if (canonical.ok && canonical.value !== "") return canonical.value;
  const fault = canonical.ok ? "has no parts" : canonical.refusal;
  context.addIssue({ code: "custom", message: `The track ${fault}` });
  return z.NEVER;
}).meta({
  id: "Track",
  type: "string",
  minLength: 1,
  description: "Name parts joined by /, percent-encoded where they need it",
});

const count = z.number().int().nonnegative();
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "Expected 64 lower-case hexadecimal digits");

/** What a relay says that its program is: printed in tables and terminals as it is. */
export const versionSchema = z.string().max(MAX_VERSION_LENGTH)
  .regex(/^[\x21-\x7e]+$/, "Expected visible ASCII without spaces");

/** The configured cost of a link; zero or less means the default, 1, as in the Go controller. */
const neighborCostSchema = z.number().min(-MAX_COST).max(MAX_COST);

/** A relay's report of one of its links. */
export const linkReportSchema = z.strictObject({
  cost: z.number().nonnegative().max(MAX_COST).optional(),
  rtt_ms: z.number().nonnegative().max(MAX_RTT_MS).optional(),
  loss: z.number().min(0).max(1).optional(),
  up: z.boolean().optional(),
}).meta({ id: "LinkReport", description: "A link: its cost, what was measured, and if it is up" });

/** A relay's load. */
export const loadReportSchema = z.strictObject({
  sessions: count.optional(),
  subscriptions: count.optional(),
  egress_bps: z.number().nonnegative().optional(),
  cpu: z.number().min(0).max(1).optional(),
}).meta({
  id: "Load",
  description: "How busy a relay is: sessions and subscriptions of viewers and publishers, " +
    "cpu the share of the machine in use",
});

/** A flow: a track that a relay receives from a neighbor now. */
export const flowSchema = z.strictObject({
  track: trackTextSchema,
  next_hop: relayNameSchema,
  source: relayNameSchema,
}).meta({ id: "Flow", description: "A track that is taken from a neighbor now" });

function atMost(limit: number, what: string): [(value: object) => boolean, { message: string }] {
  return [
    (value) => Object.keys(value).length <= limit,
    { message: `More than ${limit} ${what}` },
  ];
}

/**
 * A list whose count and size are checked before its items are parsed: a text of thousands of bytes
 * costs a tenth of a millisecond, and there may be thousands.
 */
function bounded<T>(item: z.ZodType<T>, limits: { count: number; bytes?: number }) {
  const { count, bytes = Infinity } = limits;
  return z.preprocess((value, context) => {
    if (!Array.isArray(value)) return value;
    const isCrowd = value.length > count;
    if (!isCrowd && value.reduce<number>((sum, one) => sum + lengthOf(one), 0) <= bytes) {
      return value;
    }
    const message = isCrowd ? `More than ${count}` : `Longer than ${bytes} bytes`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }, z.array(item).max(count));
}

/** The number of characters of a text, or of the texts in an object. */
function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let length = 0;
  for (const inner of Object.values(value)) length += typeof inner === "string" ? inner.length : 0;
  return length;
}

/** The documentation of a map keyed by relay name. */
const ofRelays = {
  maxProperties: MAX_NEIGHBORS,
  propertyNames: { $ref: "#/components/schemas/RelayName" },
};

/** The body of `PUT /relay/{name}`: a relay's registration and each of its heartbeats. */
export const registrationSchema = z.strictObject({
  region: z.string().max(MAX_REGION_LENGTH).optional(),
  address: z.string().max(MAX_ADDRESS_LENGTH).optional(),
  neighbors: z.record(relayNameSchema, neighborCostSchema)
    .refine(...atMost(MAX_NEIGHBORS, "neighbors")).meta(ofRelays).nullable().optional(),
  links: z.record(relayNameSchema, linkReportSchema)
    .refine(...atMost(MAX_NEIGHBORS, "links")).meta(ofRelays).optional(),
  epoch: count.optional(),
  seq: count.max(MAX_SEQUENCE).optional(),
  load: loadReportSchema.optional(),
  certificate_sha256: sha256Hex.optional(),
  // Read by controllers whose answers say so; refused by older ones.
  host: relayNameSchema.optional().meta({
    description: "What the relay and others on its machine are together",
  }),
  // Read by controllers whose answers say so; refused by older ones.
  version: versionSchema.optional().meta({ description: "The version of the relay's program" }),
  // The total size of the canonical texts is checked by the registry.
  announces: bounded(trackTextSchema, { count: MAX_ANNOUNCES_PER_RELAY }).optional(),
  announces_digest: sha256Hex.optional(),
  draining: z.boolean().optional(),
  flows: bounded(flowSchema, {
    count: MAX_FLOWS_PER_RELAY,
    bytes: MAX_FLOW_BYTES_PER_RELAY,
  }).optional().meta({
    description: "The remote tracks taken from neighbors now: absent for no change, [] for none",
  }),
  // Read by controllers whose answers have `tenants`, empty or not; refused by older ones.
  tenants: bounded(tenantReportSchema, { count: MAX_TENANTS_PER_RELAY }).optional().meta({
    description: "What tenants use at this relay now: absent for no change, [] for none",
  }),
}).meta({ id: "Registration" });

/** A parsed registration. */
export type Registration = z.output<typeof registrationSchema>;
/** A parsed flow. */
export type Flow = z.output<typeof flowSchema>;
/** A parsed link report. */
export type LinkReport = z.output<typeof linkReportSchema>;
/** A parsed load report. */
export type LoadReport = z.output<typeof loadReportSchema>;
