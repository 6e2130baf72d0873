import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import * as z from "zod";
import { type Authenticate, forbids, type Identity } from "./auth.ts";
import { type Deadline, parseJson, readBytes } from "./body.ts";
import { BodyMemory } from "./body_memory.ts";
import type { ByteAccount, ByteBudget } from "./byte_budget.ts";
import type { Answer, Asked, Call, Endpoint, Router } from "./endpoint.ts";
import {
  BODY_BYTES_PER_REQUEST,
  MAX_BODY_BYTES,
  MAX_REMEMBERED_BODY,
  MAX_REMEMBERED_BYTES,
  RETRY_AFTER_MS,
} from "./limits.ts";
import { labelOf, nameIn, patternOf, suffixOf } from "./paths.ts";
import { refusalStatus } from "./refusal_status.ts";

/** What all endpoints share. */
export interface EndpointContext {
  readonly authenticate: Authenticate;
  readonly revision: () => number;
  /** The time limit for reading a request's body. */
  readonly bodyDeadline: Deadline;
  /** The memory budget for bodies. */
  readonly bodies: ByteBudget;
}

const noQuery = z.strictObject({});

/**
 * Registers the endpoints with the router, and refuses other methods on their paths.
 * The returned function answers heartbeats without the router; it returns undefined for other
 * requests.
 */
export function serveEndpoints(
  app: Router,
  endpoints: readonly Endpoint[],
  context: EndpointContext,
): (asked: Asked) => Promise<Response> | undefined {
  let heartbeat: (asked: Asked) => Promise<Response> | undefined = () => undefined;
  // A suffix after a name is part of the name unless another endpoint has that suffix.
  const special = endpoints.filter(({ path }) => suffixOf(path) !== "");
  const plain = endpoints.filter(({ path }) => suffixOf(path) === "");
  const suffixes = special.map(({ path }) => suffixOf(path));
  for (const ones of [special, plain]) {
    const methods = new Map<string, Set<string>>();
    for (const one of ones) {
      const pattern = patternOf(one.path);
      const server = serverOf(one, context);
      if (one.isHeartbeat) {
        const isMeant = matcherOf(one, suffixes);
        heartbeat = (asked) => isMeant(asked) ? server(asked) : undefined;
      }
      const allowed = methods.get(pattern) ?? new Set();
      const method = one.method.toUpperCase();
      app.on(method, pattern, (c) => server(c.env));
      methods.set(pattern, allowed.add(method));
      if (method === "GET") allowed.add("HEAD");
    }
    for (const [pattern, allowed] of methods) refuseOthers(app, { pattern, allowed }, context);
  }
  return heartbeat;
}

/** Refuses all other methods on a path with 405. */
function refuseOthers(
  app: Router,
  { pattern, allowed }: { pattern: string; allowed: ReadonlySet<string> },
  { revision }: EndpointContext,
): void {
  const allow = [...allowed].sort().join(", ");
  app.all(pattern, (c) => {
    c.env.label = labelOf(pattern);
    const answer = refuse(refusal("method_not_allowed", `Allowed: ${allow}`), revision());
    answer.headers.set("allow", allow);
    return answer;
  });
}

function matcherOf(
  endpoint: Endpoint,
  suffixes: readonly string[],
): (asked: Asked) => boolean {
  const method = endpoint.method.toUpperCase();
  const prefix = endpoint.path.slice(0, endpoint.path.indexOf("{"));
  return ({ request, url: { pathname } }) =>
    request.method === method && pathname.startsWith(prefix) &&
    !suffixes.some((suffix) => pathname.endsWith(suffix));
}

/** The HTTP response of a refusal. */
export function refuse(refusal: Refusal, revision: number): Response {
  const { message: error, code, hint } = refusal;
  const body = { error, code, revision, ...hint };
  const headers = new Headers();
  if (code === "unauthorized") headers.set("www-authenticate", "Bearer");
  const wait = waitMs(refusal);
  if (wait !== undefined) headers.set("retry-after", String(Math.max(1, Math.ceil(wait / 1000))));
  return Response.json(body, { status: refusalStatus[code], headers });
}

/** When to come again, where that is of use. */
function waitMs({ code, retryAfterMs }: Refusal): number | undefined {
  if (code !== "rate_limited" && code !== "unavailable") return undefined;
  return retryAfterMs ?? RETRY_AFTER_MS;
}

/** The request handler of one endpoint. */
function serverOf(
  endpoint: Endpoint,
  context: EndpointContext,
): (asked: Asked) => Promise<Response> {
  const label = labelOf(patternOf(endpoint.path));
  const memory = endpoint.isHeartbeat
    ? new BodyMemory(MAX_REMEMBERED_BYTES, MAX_REMEMBERED_BODY)
    : undefined;
  return async (asked) => {
    asked.label = label;
    const room = context.bodies.open(asked.client);
    const answer = await run(asked, endpoint, { ...context, memory, room }).finally(() => {
      asked.charge(Math.floor(room.held / BODY_BYTES_PER_REQUEST));
      room.close();
    });
    if (!answer.ok) {
      asked.refusal = answer.refusal;
      return refuse(answer.refusal, context.revision());
    }
    if (answer.value instanceof Response) return await headOf(asked.request, answer.value);
    return Response.json(answer.value.body, { headers: answer.value.headers ?? {} });
  };
}

/** A response without its body where only its head is asked for: a stream must not stay open. */
async function headOf({ method }: Request, response: Response): Promise<Response> {
  if (method !== "HEAD") return response;
  await response.body?.cancel();
  return new Response(null, response);
}

type RunContext = EndpointContext & {
  readonly memory: BodyMemory | undefined;
  /** The memory that this request's body holds. */
  readonly room: ByteAccount;
};

async function run(
  asked: Asked,
  endpoint: Endpoint,
  context: RunContext,
): Promise<Outcome<Answer, Refusal>> {
  if (endpoint.role === "none") {
    const call = await readCall(asked, endpoint, { ...context, identity: { role: "none" } });
    return call.ok ? await endpoint.handle(call.value) : call;
  }
  const identity = context.authenticate(asked.request.headers.get("authorization"));
  if (!identity.ok) return identity;
  // The role is checked before the input, so that an unauthorized caller learns nothing about it.
  const general = forbids({ role: identity.value.role }, endpoint.role);
  if (general !== undefined) return refused(general);
  const call = await readCall(asked, endpoint, { ...context, identity: identity.value });
  if (!call.ok) return call;
  const particular = forbids(identity.value, endpoint.role, endpoint.speaksFor?.(call.value));
  if (particular !== undefined) return refused(particular);
  const cost = endpoint.cost?.(call.value) ?? 0;
  if (cost > 0) asked.charge(cost);
  return await endpoint.handle(call.value);
}

async function readCall(
  { request, url, client }: Asked,
  endpoint: Endpoint,
  context: RunContext & { readonly identity: Identity },
): Promise<Outcome<Call<unknown, unknown>, Refusal>> {
  const name = nameIn(url.pathname, endpoint.path);
  if (name === undefined) return bad("The path is not well-formed percent-encoded UTF-8");
  // Most requests have no query: skip parsing.
  const query = url.search === "" && endpoint.query === undefined
    ? done({})
    : readQuery(url.searchParams, endpoint.query);
  if (!query.ok) return query;
  const body = await readBody({ request, name }, endpoint, context);
  if (!body.ok) return body;
  const { headers } = request;
  const { identity } = context;
  return done({ name, query: query.value, body: body.value, headers, client, identity });
}

function readQuery(given: URLSearchParams, schema?: z.ZodType): Outcome<unknown, Refusal> {
  const fields = new Map<string, string>();
  for (const [key, value] of given) {
    if (fields.has(key)) return bad(`The query parameter ${key} is given more than once`);
    fields.set(key, value);
  }
  return check(schema ?? noQuery, Object.fromEntries(fields), "query");
}

async function readBody(
  { request, name }: { request: Request; name: string },
  { body: schema, bodyLimit: limit = MAX_BODY_BYTES }: Endpoint,
  { bodyDeadline: deadline, memory, room }: RunContext,
): Promise<Outcome<unknown, Refusal>> {
  if (schema === undefined) return done(undefined);
  const bytes = await readBytes(request, { limit, deadline, take: room.take });
  if (!bytes.ok) return bytes;
  const known = memory?.recall(name, bytes.value);
  if (known !== undefined) return done(known);
  const json = parseJson(bytes.value);
  const body = json.ok ? check(schema, json.value, "body") : json;
  if (body.ok) memory?.remember(name, bytes.value, body.value);
  return body;
}

function check(schema: z.ZodType, value: unknown, what: string): Outcome<unknown, Refusal> {
  const result = schema.safeParse(value);
  if (result.success) return done(result.data);
  const [issue] = result.error.issues;
  const message = issue?.message ?? "not accepted";
  // A fault of the whole body names its subject itself.
  if (issue?.code === "custom" && issue.path.length === 0) return bad(message);
  return bad(`${[what, ...issue?.path ?? []].map(String).join(".")}: ${message}`);
}

function bad(message: string) {
  return refused(refusal("bad_request", message));
}
