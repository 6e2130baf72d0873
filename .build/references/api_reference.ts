import { refusalStatus } from "../../sdn/http/refusal_status.ts";
import { type Schema, schemaLines, typeText } from "./api_schema.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly summary: string;
  readonly "x-role": string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

/** What of `/openapi.json` the reference is made from. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const PAGE_FILES = "/dashboard/";

/** Every request of the controller with its fields, as Markdown. */
export function apiReference({ paths, components: { schemas } }: ApiDocument): string {
  const operations = Object.entries(paths)
    .filter(([path]) => !path.startsWith(PAGE_FILES))
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, one]) => operationLines(method, path, one))
    );
  return [
    "# The controller's API",
    "",
    "<!-- Made by `deno task docs` from the controller's /openapi.json. Do not edit. -->",
    "",
    "What `GET /openapi.json` of a controller says, to read. The role is the least that a token needs",
    "where `auth.mode` is `token`: `read`, `relay`, `admin`, each with what the ones before it may.",
    "Bodies and answers are JSON. A field or a query parameter that is not named here is refused.",
    `The files of the operator's page are below \`${PAGE_FILES}\`.`,
    "",
    "## Refusals",
    "",
    "The answer is an [Error](#error), and `code` says for programs what `error` says for people.",
    "`bad_request`, `unauthorized`, `forbidden`, `too_large`, `rate_limited` and `internal` may be the",
    "answer to any request; what else may be is listed beside each. A head of more than 32 KiB is",
    "answered with 431 and without a body.",
    "",
    "| code | status |",
    "| --- | --- |",
    ...Object.entries(refusalStatus).map(([code, status]) => `| \`${code}\` | ${status} |`),
    "",
    "## Requests",
    "",
    ...operations,
    "## Schemas",
    "",
    ...Object.entries(schemas).flatMap(([name, schema]) => [
      `### ${name}`,
      "",
      ...schemaLines(schema),
      "",
    ]),
  ].join("\n");
}

function operationLines(method: string, path: string, operation: Operation): string[] {
  const { summary, parameters = [], requestBody, responses } = operation;
  const rows = parameters.filter((parameter) => parameter.in === "query").map((parameter) => {
    const { name, required, schema } = parameter;
    return `| \`${name}\` | ${typeText(schema)} | ${required ? "yes" : "no"} |`;
  });
  const query = rows.length === 0
    ? []
    : ["| query | type | required |", "| --- | --- | --- |", ...rows, ""];
  const body = requestBody === undefined ? [] : [`- body: ${contentText(requestBody.content)}`];
  return [
    `### ${method.toUpperCase()} ${path}`,
    "",
    `${summary}.`,
    "",
    `- role: ${operation["x-role"]}`,
    ...body,
    `- answer: ${contentText(responses["200"]?.content ?? {})}`,
    `- other answers: ${otherAnswers(responses)}`,
    "",
    ...query,
  ];
}

/** Those that not every request may get, for which there is the table of refusals. */
const ANYWHERE = ["200", "400", "401", "403", "413", "431", "500"];

function otherAnswers(responses: Operation["responses"]): string {
  return Object.entries(responses)
    .filter(([status]) => !ANYWHERE.includes(status))
    .map(([status, { description }]) => `${status} ${description}`)
    .join("; ");
}

function contentText(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => type === "application/json" ? typeText(schema) : `\`${type}\``)
    .join(" or ");
}
