import { done } from "@qumo/shared/runtime";
import { assignAnswer, graphAnswer, nextHopsAnswer, routeAnswer } from "../control/answers.ts";
import type { RouteUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint, NOT_MODIFIED } from "./endpoint.ts";
import { RELAYS_PER_REQUEST } from "./limits.ts";
import { assignQuery, graphQuery, routeQuery } from "./queries.ts";

/** Endpoints of the network: routes, next hops, the graph, relay assignment. */
export function routeEndpoints(routes: RouteUseCases): Endpoint[] {
  const search = () => Math.floor(routes.relays / RELAYS_PER_REQUEST);
  return [
    endpoint({
      method: "get",
      path: "/route",
      summary: "The best route between two relays, with up to k alternates",
      role: "read",
      query: routeQuery,
      // One search per alternate, and as many again for an explanation.
      cost: ({ query: { k, explain } }) => (1 + k) * (explain ? 2 : 1) * search(),
      answer: routeAnswer,
      refusals: ["node_not_found", "no_path"],
      handle: async ({ query: { k: alternates, ...query } }) => {
        const found = await routes.route({ ...query, alternates });
        return found.ok ? done({ body: found.value }) : found;
      },
    }),
    endpoint({
      method: "get",
      path: "/routes/{relay}",
      summary: "A relay's next hop and alternate for each destination",
      role: "read",
      answer: nextHopsAnswer,
      refusals: ["node_not_found"],
      cost: search,
      handle: async ({ name }) => {
        const found = await routes.nextHops(name);
        return found.ok ? done({ body: found.value }) : found;
      },
    }),
    endpoint({
      method: "get",
      path: "/graph",
      summary: "Every relay and link; with since and wait, once it has changed",
      role: "read",
      query: graphQuery,
      cost: search,
      answer: graphAnswer,
      otherAnswers: NOT_MODIFIED,
      handle: async ({ query: { since, wait }, headers }) => {
        if (since !== undefined && wait > 0) await routes.graphBeyond(since, wait);
        const { modified, graph } = await routes.graph();
        const etag = `"${modified}"`;
        const isKnown = headers.get("if-none-match") === etag || since !== undefined &&
            modified <= since && since <= graph.revision;
        if (isKnown) return done(new Response(null, { status: 304, headers: { etag } }));
        return done({ body: graph, headers: { etag } });
      },
    }),
    endpoint({
      method: "get",
      path: "/assign",
      summary: "The relay that a client should connect to",
      role: "read",
      query: assignQuery,
      cost: search,
      answer: assignAnswer,
      refusals: ["no_relay_available"],
      handle: async ({ query, client }) => {
        const found = await routes.assign({ ...query, client: query.client ?? client });
        return found.ok ? done({ body: found.value }) : found;
      },
    }),
  ];
}
