import { type RefusalCode, refusalCodes } from "@qumo/shared/topology";
import { z } from "zod";
import type { Endpoint, Router } from "./endpoint.ts";
import { refusalStatus } from "./refusal_status.ts";

/** The answer to a request whose ETag or revision is still current. */
export const NOT_MODIFIED = { 304: { description: "Not modified; no body" } };

/** The body of every refusal. */
export const errorAnswer = z.strictObject({
  error: z.string(),
  code: z.enum(refusalCodes),
  revision: z.number().int().meta({ description: "The revision that this answer is of" })
    .optional(),
  epoch: z.number().int().optional().meta({
    description: "The newest epoch of that name; with epoch_ahead, the controller's time",
  }),
  lives: z.boolean().optional().meta({
    description: "Beside epoch: whether a relay of that name is registered now",
  }),
}).meta({ id: "Error" });

/** Refusals that every endpoint has. */
const ALWAYS: readonly RefusalCode[] = ["bad_request", "forbidden", "rate_limited", "internal"];

/** The listener's own answer, which has no body. */
const HEAD_TOO_LONG = { 431: { description: "The request's head is longer than 32 KiB" } };

/** Adds an endpoint to `/openapi.json`: its input, and every status that it may answer with. */
export function document(app: Router, one: Endpoint): void {
  const parameter = /\{(\w+)\}/.exec(one.path)?.[1];
  app.openAPIRegistry.registerPath({
    method: one.method,
    path: one.path,
    summary: one.summary,
    "x-role": one.role,
    request: {
      ...(parameter && { params: z.object({ [parameter]: z.string() }) }),
      ...(one.query && { query: one.query as z.ZodObject }),
      ...(one.body && {
        body: {
          content: json(one.body),
          required: !one.body.safeParse(undefined).success,
        },
      }),
    },
    responses: {
      200: {
        description: "Done",
        content: typeof one.answer === "string"
          ? { [one.answer]: { schema: z.string() } }
          : json(one.answer),
      },
      ...refusalsOf(one),
      ...HEAD_TOO_LONG,
      ...Object.fromEntries(
        Object.entries(one.otherAnswers ?? {}).map(([status, { description, schema }]) =>
          [status, { description, ...(schema && { content: json(schema) }) }] as const
        ),
      ),
    },
  });
}

/** The refusal codes of an endpoint, by HTTP status. */
function refusalsOf({ role, body, refusals = [] }: Endpoint) {
  const codes = new Set<RefusalCode>([
    ...ALWAYS,
    ...(role === "none" ? [] : ["unauthorized" as const]),
    ...(body === undefined ? [] : ["too_large" as const]),
    ...refusals,
  ]);
  const byStatus = Map.groupBy(codes, (code) => refusalStatus[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) =>
      [status, { description: codes.sort().join(", "), content: json(errorAnswer) }] as const
    ),
  );
}

function json(schema: z.ZodType) {
  return { "application/json": { schema } };
}
