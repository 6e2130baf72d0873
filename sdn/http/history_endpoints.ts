import { done } from "@qumo/shared/runtime";
import { historyAnswer } from "../control/answers.ts";
import type { HistoryUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { historyQuery } from "./queries.ts";

/** The endpoint of past values. */
export function historyEndpoints(history: HistoryUseCases): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/history",
      summary: "The last hour of a relay, of one direction of a link, of a track, or of the mesh",
      role: "read",
      query: historyQuery,
      answer: historyAnswer,
      refusals: ["history_not_found"],
      handle: async ({ query: { relay, from, to, track } }) => {
        const outcome = await history.history(
          relay !== undefined
            ? { kind: "relay", relay }
            : from !== undefined && to !== undefined
            ? { kind: "link", from, to }
            : track !== undefined
            ? { kind: "track", track }
            : { kind: "mesh" },
        );
        return outcome.ok
          ? done({ body: outcome.value, headers: { "cache-control": "no-store" } })
          : outcome;
      },
    }),
  ];
}
