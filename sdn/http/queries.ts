import { MAX_ALTERNATES } from "@qumo/shared/topology";
import { relayNameSchema, trackTextSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";
import { MAX_EVENTS_PAGE, MAX_PAGE, MAX_WAIT_SECONDS } from "./limits.ts";

/** A flag: `true`, `1`, or present without a value. */
const flag = z.enum(["true", "false", "1", "0", ""]).transform((text) =>
  text !== "false" && text !== "0"
).meta({ type: "boolean" });

/** A revision that the client has received. */
export const revisionField = z.string().regex(/^\d{1,15}$/, "Expected a revision")
  .transform(Number).meta({ type: "integer", minimum: 0, maximum: 1e15 - 1 });

function whole({ from, to }: { from: number; to: number }) {
  return z.string().regex(/^\d{1,6}$/, "Expected a whole number").transform(Number)
    .refine((value) => value >= from, `At least ${from}`)
    .refine((value) => value <= to, `At most ${to}`)
    .meta({ type: "integer", minimum: from, maximum: to });
}

function degrees(most: number) {
  return z.string().regex(/^-?\d{1,3}(\.\d{1,10})?$/, "Expected degrees").transform(Number)
    .refine((value) => Math.abs(value) <= most, `Between -${most} and ${most}`)
    .meta({ type: "number", minimum: -most, maximum: most });
}

const end = z.string().default("").meta({
  minLength: 1,
  default: undefined,
  param: { required: true },
});

/**
 * The query of `GET /route`. A missing `from` or `to` is refused as the Go controller refuses it.
 */
export const routeQuery = z.strictObject({
  from: end,
  to: end,
  k: whole({ from: 0, to: MAX_ALTERNATES }).default(0),
  explain: flag.default(false),
  without: relayNameSchema.optional().meta({
    description: "A relay that the route must not pass through: the route if it died",
  }),
  without_host: relayNameSchema.optional().meta({
    description: "The same of a machine, with all of its relays: the route if it died",
  }),
}).refine(({ without, without_host }) => without === undefined || without_host === undefined, {
  message: "without and without_host do not go together",
}).refine(({ from, to }) => from !== "" && to !== "", {
  message: "'from' and 'to' query parameters are required",
});

/** The query of `GET /graph`. */
export const graphQuery = z.strictObject({
  since: revisionField.optional(),
  wait: z.string().regex(/^\d{1,3}s?$/, "Expected seconds, as in 30s")
    .transform((text) => Math.min(parseInt(text), MAX_WAIT_SECONDS))
    .default(0),
});

/** The query of `GET /assign`. */
export const assignQuery = z.strictObject({
  region: z.string().optional(),
  track: trackTextSchema.optional(),
  latitude: degrees(90).optional(),
  longitude: degrees(180).optional(),
  client: z.string().max(256).optional(),
  instead_of: relayNameSchema.optional(),
}).refine(({ latitude, longitude }) => (latitude === undefined) === (longitude === undefined), {
  message: "latitude and longitude go together",
});

/** The query of `GET /announce`. */
export const announcesQuery = z.strictObject({
  prefix: z.union([trackTextSchema, z.literal("")]).default(""),
  limit: whole({ from: 1, to: MAX_PAGE }).default(MAX_PAGE),
  after: z.string().optional(),
});

/** Removes one slash at the end of a path, which Go clients may send. */
export function withoutLastSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, "");
}

/**
 * The query of `GET /announce/lookup`. The Go controller's `broadcast_path` matches that exact
 * text; `track` matches announces of any prefix.
 */
export const lookupQuery = z.strictObject({
  track: trackTextSchema.optional(),
  broadcast_path: z.string().transform(withoutLastSlash).pipe(trackTextSchema)
    .meta({ type: "string", minLength: 1 }).optional(),
  from: relayNameSchema.optional(),
  match: z.enum(["exact", "covering"]).optional(),
}).refine(
  ({ track, broadcast_path }) => (track === undefined) !== (broadcast_path === undefined),
  { message: "'broadcast_path' query parameter is required, or 'track' in its place" },
);

/** The query of `DELETE /announce/{track}`. */
export const withdrawQuery = z.strictObject({ relay: relayNameSchema.optional() });

/** The query of `GET /watch`. */
export const watchQuery = z.strictObject({
  since: revisionField.optional(),
  scope: z.string().max(4096).default("graph,announces"),
});

/** The query of `GET /events`: up to `limit` events after the one with the id `since`. */
export const eventsQuery = z.strictObject({
  since: revisionField.optional(),
  limit: whole({ from: 1, to: MAX_EVENTS_PAGE }).default(200),
});

/** The query of `GET /history`: at most one of a relay, a link and a track. */
export const historyQuery = z.strictObject({
  relay: relayNameSchema.optional(),
  from: relayNameSchema.optional(),
  to: relayNameSchema.optional(),
  track: trackTextSchema.optional(),
}).refine(({ from, to }) => (from === undefined) === (to === undefined), {
  message: "from and to go together",
}).refine(
  ({ relay, from, track }) => [relay, from, track].filter((one) => one !== undefined).length <= 1,
  { message: "A history is of a relay, of a link (from and to) or of a track" },
);

const paged = {
  limit: whole({ from: 1, to: MAX_PAGE }).default(MAX_PAGE),
  after: z.string().max(1024).optional(),
};

/** The query of `GET /revoke`. */
export const revocationsQuery = z.strictObject(paged);

/** The query of `GET /policy`. */
export const policiesQuery = z.strictObject(paged);

/** The query of `GET /health`. */
export const healthQuery = z.strictObject({ probe: z.enum(["live", "ready"]).optional() });
