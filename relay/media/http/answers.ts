import type { Refusal } from "../../track/mod.ts";

/** Players of every origin may read what their token allows; no cookie is looked at. */
const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "content-length, date",
};

/** What a preflight of a browser is told. */
const PREFLIGHT: Readonly<Record<string, string>> = {
  ...CORS,
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-headers": "authorization, range",
  "access-control-max-age": "86400",
};

/** What an answer says of itself. */
export interface AnswerHeaders {
  readonly type?: string;
  /** How long caches may keep it. */
  readonly cache?: string;
}

/** An answer with a body. */
export function answer(
  body: string | Uint8Array,
  { type = "text/plain; charset=utf-8", cache = "no-store" }: AnswerHeaders = {},
): Response {
  return new Response(body as BodyInit, {
    headers: { ...CORS, "content-type": type, "cache-control": cache },
  });
}

/** An answer that no shared cache keeps. */
export function personal(response: Response): Response {
  const cache = response.headers.get("cache-control") ?? "";
  response.headers.set("cache-control", cache.replace(/^public/, "private"));
  return response;
}

/** An answer that says in words why there is no other. */
export function problem(status: number, error: string, retryAfter?: number): Response {
  return Response.json({ error }, {
    status,
    headers: {
      ...CORS,
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter / 1000)) }),
      ...(status === 401 && { "www-authenticate": "Bearer" }),
    },
  });
}

/** The answer to a preflight, and to a method that is none of these. */
export function otherMethod(method: string): Response {
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: PREFLIGHT });
  const refused = problem(405, `${method} is not allowed here`);
  refused.headers.set("allow", "GET, HEAD, OPTIONS");
  return refused;
}

/** A refusal of the model as an answer of HTTP. */
export function refusal({ kind, reason, retryAfter }: Refusal): Response {
  return problem(STATUS[kind] ?? 500, reason, retryAfter);
}

const STATUS: { readonly [Kind in Refusal["kind"]]?: number } = {
  unauthorized: 401,
  expired_auth_token: 401,
  malformed_auth_token: 401,
  does_not_exist: 404,
  invalid_range: 404,
  uninterested: 404,
  timeout: 504,
  going_away: 503,
  excessive_load: 503,
  not_supported: 501,
};
