import { OpenApiGeneratorV31, OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { type RefusalCode, refusalCodes } from "@qumo/shared/topology";
import * as z from "zod";
import type { Endpoint } from "./endpoint.ts";
import { refusalStatus } from "./refusal_status.ts";

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

/** What `/openapi.json` answers for these endpoints. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): object {
  const registry = new OpenAPIRegistry();
  for (const one of endpoints) document(registry, one);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: { title: "qumo-sdn", version },
  });
}

/** Adds an endpoint: its input, and every status that it may answer with. */
function document(registry: OpenAPIRegistry, one: Endpoint): void {
  const parameter = /\{(\w+)\}/.exec(one.path)?.[1];
  registry.registerPath({
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
