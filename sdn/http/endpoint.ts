import type { Outcome } from "@qumo/shared/runtime";
import type { Refusal, RefusalCode } from "@qumo/shared/topology";
import type { Hono } from "hono";
import type { z } from "zod";
import type { Identity, Role } from "./auth.ts";

/** A request with the context that its endpoint needs. */
export interface Asked {
  readonly request: Request;
  readonly url: URL;
  readonly id: string;
  /** Identifies the client, by its address. */
  readonly client: string;
  /** Charges the request's client for additional requests of its rate limit. */
  readonly charge: (cost: number) => void;
  /** The refusal that was answered, if any. */
  refusal?: Refusal | undefined;
  /** The matched pattern, as a metrics label of low cardinality. */
  label: string;
}

/** The router of the app. */
export type Router = Hono<{ Bindings: Asked }>;

/** The validated input of a handler. */
export interface Call<Query, Body> {
  /** The decoded value of the path's placeholder; empty for a path without one. */
  readonly name: string;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  /** Identifies the client, by its address. */
  readonly client: string;
  /** The authenticated caller. */
  readonly identity: Identity;
}

/** A successful answer: JSON, or a whole response. */
export type Answer =
  | { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | Response;

/** One method on one path of the API. */
export interface Endpoint<Query = unknown, Body = unknown> {
  readonly method: "get" | "put" | "post" | "delete";
  /** In OpenAPI's form, with at most one placeholder; one at the end matches slashes too. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly bodyLimit?: number;
  /**
   * Whether it is called all the time with the same body for each name: it is then matched first,
   * and a repeated body is parsed once. Its placeholder is at the end of the path.
   */
  readonly isHeartbeat?: boolean;
  /** Additional requests that the call counts for in the client's rate limit. */
  readonly cost?: (call: Call<Query, Body>) => number;
  /** The schema of a successful answer, or its media type when it is not JSON. */
  readonly answer: z.ZodType | string;
  /** Its refusals beside those that every endpoint has. */
  readonly refusals?: readonly RefusalCode[];
  /** Other answers that are not refusals, by status. */
  readonly otherAnswers?: Readonly<
    Record<number, { readonly description: string; readonly schema?: z.ZodType }>
  >;
  /** The relay that the call acts for, checked against the token's relay. */
  readonly speaksFor?: (call: Call<Query, Body>) => string;
  readonly handle: (call: Call<Query, Body>) => Promise<Outcome<Answer, Refusal>>;
}

/** The answer to a request whose ETag or revision is still current. */
export const NOT_MODIFIED = { 304: { description: "Not modified; no body" } };

/** Infers the types of query and body from an endpoint's schemas. */
export function endpoint<Query, Body>(given: Endpoint<Query, Body>): Endpoint {
  return given as unknown as Endpoint;
}
