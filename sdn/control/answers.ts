import { tenantUsageSchema } from "@qumo/shared/topology/access_schemas";
import { flowSchema, linkReportSchema, loadReportSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";

const revision = z.number().int().meta({ description: "The revision that this answer is of" });
const time = z.string().meta({ format: "date-time" });
const cost = z.number().nonnegative();
const adjacency = z.record(z.string(), z.record(z.string(), cost));

/** The answer to a registration or heartbeat. */
export const registeredAnswer = z.strictObject({
  relay: z.string(),
  status: z.literal("registered"),
  revision,
  lease_expires_at: time,
  next_heartbeat_ms: z.number().int().positive(),
  resend_announces: z.literal(true).optional(),
  /** An older process claims the relay's name as well, and is refused. */
  has_rival: z.literal(true).optional(),
  /** The controller reads `host` of a registration. */
  reads_host: z.literal(true),
  /** The controller reads `version` of a registration. */
  reads_version: z.literal(true),
  tenants: z.array(tenantUsageSchema).meta({
    description: "What the tenants that the relay reported use at all other relays together",
  }),
}).meta({ id: "Registered" });

/** A registered relay. */
export const relayAnswer = z.strictObject({
  relay: z.string(),
  region: z.string(),
  address: z.string(),
  state: z.enum(["registered", "draining", "unreachable"]).meta({
    description: "Unreachable: it has a lease, and no neighbor reaches it",
  }),
  registered: z.boolean().meta({
    description: "False when it is known through its announces alone",
  }),
  epoch: z.number().int(),
  seq: z.number().int(),
  links: z.record(z.string(), linkReportSchema),
  load: loadReportSchema.optional(),
  certificate_sha256: z.string().optional(),
  host: z.string().optional().meta({
    description: "What the relays of its machine are together",
  }),
  version: z.string().optional().meta({
    description: "The version of its program; absent where it does not say it",
  }),
  announces: z.number().int(),
  modified: z.number().int().meta({ description: "The revision at which it changed; its ETag" }),
  last_seen: time.optional().meta({
    description: "Its last heartbeat; absent where that is not known, as after a start",
  }),
  lease_expires_at: time,
}).meta({ id: "Relay" });

/** One relay, as an answer of its own. */
export const oneRelayAnswer = relayAnswer.extend({ revision }).meta({ id: "OneRelay" });

/** Every registered relay, and those that expired recently. */
export const relaysAnswer = z.strictObject({
  revision,
  count: z.number().int(),
  relays: z.array(relayAnswer),
  expired: z.array(z.strictObject({
    relay: z.string(),
    region: z.string(),
    address: z.string(),
    last_seen: time,
    expired_at: time,
    load: loadReportSchema.optional().meta({ description: "What it reported last" }),
    only_had: z.array(z.string()).optional().meta({
      description: "Tracks that no other relay had when it ended: the first of them",
    }),
    only_had_count: z.number().int().optional().meta({ description: "How many there were" }),
  })).meta({ description: "The newest first, for as long as ends are remembered" }),
}).meta({ id: "Relays" });

/** A relay that was deregistered, drained or undrained. */
export const relayStatusAnswer = z.strictObject({
  relay: z.string(),
  status: z.enum(["deregistered", "draining", "undrained"]),
  revision,
}).meta({ id: "RelayStatus" });

const route = z.strictObject({
  next_hop: z.string(),
  next_hop_address: z.string().optional(),
  full_path: z.array(z.string()),
  cost,
});
const verdicts = [
  "chosen",
  "costs_more",
  "has_more_links",
  "comes_later_by_name",
  "link_down",
  "declared_by_one_end",
  "carries_no_transit",
  "left_out",
  "no_path",
] as const;

/** The best route between two relays. */
export const routeAnswer = route.extend({
  from: z.string(),
  to: z.string(),
  revision,
  alternates: z.array(route).optional(),
  explanation: z.strictObject({
    links: z.array(z.strictObject({
      from: z.string(),
      to: z.string(),
      cost,
      measured_cost: cost.meta({ description: "What the terms add up to before hysteresis" }),
      terms: z.array(
        z.strictObject({
          term: z.enum(["cost", "rtt", "loss", "load"]),
          value: z.number(),
          weight: z.number(),
        }),
      ),
    })),
    candidates: z.array(z.strictObject({
      first: z.string(),
      verdict: z.enum(verdicts),
      full_path: z.array(z.string()).optional(),
      cost: cost.optional(),
    })),
  }).optional(),
}).meta({ id: "Route" });

/** A relay's next hops. */
export const nextHopsAnswer = z.strictObject({
  relay: z.string(),
  revision,
  routes: z.record(
    z.string(),
    z.strictObject({
      next_hop: z.string(),
      next_hop_address: z.string().optional(),
      alternate: z.string().optional(),
      alternate_address: z.string().optional(),
      cost,
    }),
  ),
}).meta({ id: "NextHops" });

/**
 * The graph. `adjacency` lists the usable links only, `links` each declared link with its state.
 */
export const graphAnswer = z.strictObject({
  revision,
  nodes: z.array(z.strictObject({
    id: z.string(),
    region: z.string(),
    address: z.string().optional(),
    state: z.enum([
      "registered",
      "draining",
      "unreachable",
      "expired",
      "deregistered",
      "never_registered",
    ]),
    certificate_sha256: z.string().optional(),
    host: z.string().optional(),
  })),
  adjacency,
  links: z.array(z.strictObject({
    from: z.string(),
    to: z.string(),
    state: z.enum(["up", "down", "one_way"]),
    configured_cost: cost,
    cost: cost.optional(),
    rtt_ms: z.number().optional(),
    loss: z.number().optional(),
  })),
}).meta({ id: "Graph" });

/** The tracks on each link, as reported by the relays that receive them. */
export const flowsAnswer = z.strictObject({
  revision,
  flows: z.array(flowSchema.extend({ relay: z.string() })),
}).meta({ id: "Flows" });

/** An announced track and its relay. */
export const announceAnswer = z.strictObject({
  relay: z.string(),
  track: z.string(),
  broadcast_path: z.string(),
  registered_at: time,
  expires_at: time,
  cost: cost.optional().meta({ description: "From the relay that was asked for; absent if none" }),
}).meta({ id: "Announce" });

/** A page of the directory. */
export const announcesAnswer = z.strictObject({
  revision,
  count: z.number().int(),
  entries: z.array(announceAnswer),
  next: z.string().optional().meta({ description: "The `after` of the next page" }),
}).meta({ id: "Announces" });

/** The relays that have one track. */
export const lookupAnswer = z.strictObject({
  revision,
  track: z.string(),
  broadcast_path: z.string(),
  relays: z.array(announceAnswer),
}).meta({ id: "Lookup" });

/** An announce that was added or withdrawn. */
export const announceStatusAnswer = z.strictObject({
  relay: z.string(),
  track: z.string(),
  broadcast_path: z.string(),
  status: z.enum(["registered", "deregistered"]),
  revision,
}).meta({ id: "AnnounceStatus" });

/** The relay that a client is assigned to. */
export const assignAnswer = z.strictObject({
  revision,
  relay: z.string(),
  address: z.string(),
  url: z.string().meta({
    description: "Where the client connects: the address, with `via=assign` in its query",
  }),
  region: z.string(),
  cpu: z.number().meta({ description: "Its CPU utilization, 0 to 1, at its last heartbeat" }),
  certificate_sha256: z.string().optional(),
}).meta({ id: "Assignment" });

/** One event. */
export const eventAnswer = z.strictObject({
  id: z.number().int(),
  time,
  level: z.enum(["debug", "info", "warn", "error"]),
  kind: z.string().meta({ description: "One word for each thing that can happen" }),
  text: z.string().meta({ description: "The event as a sentence" }),
  relay: z.string().optional(),
  neighbor: z.string().optional(),
  peer: z.string().optional(),
  by: z.string().optional(),
  count: z.number().int().optional(),
  detail: z.string().optional(),
}).meta({ id: "Event" });

/** Events, the oldest first. */
export const eventsAnswer = z.strictObject({
  revision,
  oldest: z.number().int().meta({ description: "The oldest event there still is; 0: none" }),
  newest: z.number().int().meta({ description: "The newest event; 0: none" }),
  events: z.array(eventAnswer),
}).meta({ id: "Events" });

const points = z.array(z.number().nullable());

/** The last hour of one thing, or of the mesh. */
export const historyAnswer = z.strictObject({
  revision,
  until: time.meta({ description: "When the newest value was sampled" }),
  step_ms: z.number().int().meta({ description: "Milliseconds between two values" }),
  series: z.record(z.string(), points).meta({
    description: "By what was sampled, the oldest value first; null: it was not known",
  }),
  left_out: z.number().int().meta({
    description: "How many of the kind have no history because there are too many",
  }),
}).meta({ id: "History" });

/** The controller's health. */
export const healthAnswer = z.strictObject({
  status: z.enum(["ok", "unavailable"]),
  live: z.boolean(),
  ready: z.boolean(),
  reason: z.string().optional(),
  revision,
  relays: z.number().int(),
  announces: z.number().int(),
}).meta({ id: "Health" });
