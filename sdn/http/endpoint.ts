import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Outcome } from "@qumo/shared/runtime";
import type { Refusal, RefusalCode } from "@qumo/shared/topology";
import type { z } from "zod";
import type { Identity, Role } from "./auth.ts";

/** A request on its way to whoever answers it. */
export interface Asked {
  readonly request: Request;
  readonly url: URL;
  readonly id: string;
  /** What tells this client from others. */
  readonly client: string;
  /** Counts it as so many more requests of this client. */
  readonly charge: (cost: number) => void;
  /** Why it was refused, once it is. */
  refusal?: Refusal | undefined;
  /** The pattern that it matched, once that is known: a label of which there are few. */
  label: string;
}

/** The app as it finds an endpoint for a request. */
export type Router = OpenAPIHono<{ Bindings: Asked }>;

/** What a handler is given, all of it checked. */
export interface Call<Query, Body> {
  /** What stands for the placeholder in the path, decoded; empty where there is none. */
  readonly name: string;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  /** What tells this client from others. */
  readonly client: string;
  /** Who calls, and what they may do. */
  readonly identity: Identity;
}

/** A successful answer: JSON, or a whole response where that does not do. */
export type Answer =
  | { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | Response;

/** One request that the controller understands. */
export interface Endpoint<Query = unknown, Body = unknown> {
  readonly method: "get" | "put" | "post" | "delete";
  /** In OpenAPI's form, with at most one placeholder; a placeholder at the end takes slashes too. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly bodyLimit?: number;
  /**
   * Whether it is asked all the time, with the same body again and again under each name: it is then
   * found before all others, and each body read once. Its placeholder is at the end of its path.
   */
  readonly isHeartbeat?: boolean;
  /** How many requests more than one it counts for, of what a client may ask. */
  readonly cost?: (call: Call<Query, Body>) => number;
  /** The schema of a successful answer, or its media type where it is not JSON. */
  readonly answer: z.ZodType | string;
  /** Why it may refuse, beside what may become of any request. */
  readonly refusals?: readonly RefusalCode[];
  /** What else it answers that is no refusal, by status. */
  readonly otherAnswers?: Readonly<
    Record<number, { readonly description: string; readonly schema?: z.ZodType }>
  >;
  /** The relay that the caller speaks for, where a token may be bound to one. */
  readonly speaksFor?: (call: Call<Query, Body>) => string;
  readonly handle: (call: Call<Query, Body>) => Promise<Outcome<Answer, Refusal>>;
}

/** Keeps the types of query and body from its schemas while it is written down. */
export function endpoint<Query, Body>(given: Endpoint<Query, Body>): Endpoint {
  return given as unknown as Endpoint;
}
