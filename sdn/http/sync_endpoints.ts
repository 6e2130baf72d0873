import { done } from "@qumo/shared/runtime";
import { MAX_COST } from "@qumo/shared/topology";
import { relayNameSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";
import { graphAnswer } from "../control/answers.ts";
import type { Controller } from "../control/controller.ts";
import type { Exchange, SyncMessage, WireState } from "../sync/mod.ts";
import {
  accessMessageAnswer,
  accessMessageSchema,
  digestAnswerSchema,
  digestRequestSchema,
  READS,
  READS_HEADER,
  readsOf,
  syncAnswerSchema,
  syncMessageSchema,
  wireStateSchema,
} from "../sync/mod.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { MAX_SYNC_BYTES } from "./limits.ts";

/** The body of the Go controller's `PUT /sync`: its graph. */
const upstreamGraph = z.object({
  nodes: z.array(z.object({
    id: relayNameSchema,
    region: z.string().max(128).default(""),
    address: z.string().max(2048).default(""),
  })),
  adjacency: z.record(relayNameSchema, z.record(relayNameSchema, z.number().min(0).max(MAX_COST)))
    .default({}),
});

const stateAnswer = graphAnswer.extend({ states: z.array(wireStateSchema) })
  .meta({ id: "SyncEverything" });

/** What this controller reads, in its answers. */
const OURS = { [READS_HEADER]: READS };

/** Replication between controllers: digests, differences, and full state. */
export function syncEndpoints(controller: Controller, leaseMs: number): Endpoint[] {
  const { exchange, access } = controller.peers;
  return [
    endpoint({
      method: "post",
      path: "/sync/digest",
      summary: "Fingerprints by group; the answer has those of the groups that differ",
      role: "admin",
      body: digestRequestSchema,
      answer: digestAnswerSchema,
      handle: ({ body }) =>
        Promise.resolve(done({ body: exchange.compare(body.buckets), headers: OURS })),
    }),
    endpoint({
      method: "put",
      path: "/sync/access",
      summary: "Merge what another controller knows of revocations, policies and what tenants use",
      role: "admin",
      body: accessMessageSchema,
      bodyLimit: MAX_SYNC_BYTES,
      answer: accessMessageAnswer,
      handle: async ({ body }) => done({ body: await access.take(body) }),
    }),
    endpoint({
      method: "get",
      path: "/sync",
      summary: "Everything that is known, in upstream's form and as controllers exchange it",
      role: "admin",
      answer: stateAnswer,
      handle: async ({ headers }) => {
        const { graph } = await controller.routes.graph();
        return done({
          body: { ...graph, states: exchange.tell(exchange.names(), readsOf(headers)) },
        });
      },
    }),
    endpoint({
      method: "put",
      path: "/sync",
      summary: "Merge what another controller knows; nothing newer is overwritten",
      role: "admin",
      body: z.union([syncMessageSchema, upstreamGraph]),
      bodyLimit: MAX_SYNC_BYTES,
      answer: syncAnswerSchema,
      handle: async ({ body, headers }) => {
        const message = "nodes" in body ? fromUpstream(body, { exchange, leaseMs }) : body;
        await exchange.take(message);
        return done({
          headers: OURS,
          body: {
            nodes: controller.health().relays,
            status: "synced",
            revision: controller.revision(),
            states: exchange.tell(message.want, readsOf(headers)),
            leases: "nodes" in body ? [] : exchange.leases(message.since_ms),
          },
        });
      },
    }),
  ];
}

/**
 * Converts the Go controller's graph. It has no versions, so it adds unknown relays and changes no
 * known one.
 */
function fromUpstream(
  { nodes, adjacency }: z.output<typeof upstreamGraph>,
  { exchange, leaseMs }: { exchange: Exchange; leaseMs: number },
): SyncMessage {
  const known = new Set(exchange.names());
  const links = new Map(Object.entries(adjacency));
  const states = nodes.filter(({ id, address }) =>
    !known.has(id) && (address !== "" || links.has(id))
  ).map(({ id, region, address }): WireState => ({
    name: id,
    epoch: 0,
    number: 1,
    beat: 0,
    remaining_ms: leaseMs,
    alive: {
      version: [0, ""],
      registered: true,
      region,
      address,
      certificate_sha256: "",
      links: Object.fromEntries(
        Object.entries(links.get(id) ?? {}).map(([to, cost]) => [to, { cost, up: true }]),
      ),
      draining: false,
      tracks: [],
      withdrawn: [],
    },
  }));
  return { states, leases: [], want: [] };
}
