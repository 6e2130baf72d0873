import { done } from "@qumo/shared/runtime";
import { healthAnswer } from "../control/answers.ts";
import type { OperationUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { healthQuery } from "./queries.ts";

/** Health checks and metrics, for load balancers and Prometheus. */
export function operationEndpoints(operation: OperationUseCases): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/health",
      summary: "Whether the controller is live and ready; 503 when the probe fails",
      role: "none",
      query: healthQuery,
      answer: healthAnswer,
      otherAnswers: { 503: { description: "The probe fails", schema: healthAnswer } },
      handle: ({ query: { probe } }) => {
        const health = operation.health();
        const isFine = probe === "live" ? health.live : health.ready;
        return Promise.resolve(done(Response.json(health, { status: isFine ? 200 : 503 })));
      },
    }),
    endpoint({
      method: "get",
      path: "/metrics",
      summary: "Metrics in Prometheus' text format",
      role: "read",
      answer: "text/plain",
      handle: async () => {
        const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
        return done(new Response(await operation.metrics(), { headers }));
      },
    }),
  ];
}
