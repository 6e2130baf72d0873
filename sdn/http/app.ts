import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { refusal } from "@qumo/shared/topology";
import { announceEndpoints } from "./announce_endpoints.ts";
import type { Authenticate } from "./auth.ts";
import { type Endpoint, refuse, serveEndpoints } from "./endpoint.ts";
import { operationEndpoints } from "./operation_endpoints.ts";
import { type RateLimit, RateLimiter } from "./rate_limit.ts";
import { relayEndpoints } from "./relay_endpoints.ts";
import { routeEndpoints } from "./route_endpoints.ts";
import type {
  AnnounceUseCases,
  OperationUseCases,
  RelayUseCases,
  RouteUseCases,
  WatchUseCases,
} from "./use_cases.ts";
import { watchEndpoint, type WatchTools } from "./watch_endpoint.ts";

/** What an app is made of. */
export interface AppOptions extends WatchTools {
  readonly relays: RelayUseCases;
  readonly routes: RouteUseCases;
  readonly directory: AnnounceUseCases;
  readonly watching: WatchUseCases;
  readonly operation: OperationUseCases;
  /** Endpoints beside those of the API. */
  readonly more: readonly Endpoint[];
  readonly revision: () => number;
  readonly version: string;
  readonly authenticate: Authenticate;
  readonly rateLimit: RateLimit | undefined;
  /** How long a request's body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Told of each request that was answered: its method, the endpoint's path, status, milliseconds. */
  readonly onRequest: (
    request: { method: string; path: string; status: number; milliseconds: number },
  ) => void;
  /** Told of a fault in a handler. */
  readonly onFault: (error: unknown, requestId: string) => void;
}

const SECURITY_HEADERS = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
] as const;

/** The controller's HTTP API: from outside in, request id and headers, rate limit, endpoints. */
export function buildApp(options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono();
  const { clock, revision } = options;
  const limiter = options.rateLimit && new RateLimiter(options.rateLimit);

  app.use("*", async (c, next) => {
    const started = clock.now();
    const id = crypto.randomUUID();
    c.set("requestId" as never, id as never);
    const isAllowed = limiter?.take(clientOf(c), started) ?? true;
    if (isAllowed) await next();
    else c.res = refuse(refusal("rate_limited", "Too many requests"), revision());
    const { status, headers } = c.res;
    for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
    headers.set("x-request-id", id);
    const { method } = c.req;
    options.onRequest({ method, path: pathLabel(c), status, milliseconds: clock.now() - started });
  });
  app.onError((error, c) => {
    options.onFault(error, String(c.get("requestId" as never)));
    return refuse(refusal("internal", "Something went wrong here"), revision());
  });
  app.notFound(() => refuse(refusal("not_found", "There is no such path"), revision()));

  serveEndpoints(app, [
    ...relayEndpoints(options.relays),
    ...routeEndpoints(options.routes),
    ...announceEndpoints(options.directory),
    watchEndpoint(options.watching, options),
    ...operationEndpoints(options.operation),
    ...options.more,
  ], {
    authenticate: options.authenticate,
    revision,
    clientOf,
    bodyDeadline() {
      const stop = new AbortController();
      const timer = clock.after(options.bodyTimeoutMs, () => stop.abort());
      return { signal: stop.signal, cancel: () => timer.cancel() };
    },
  });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "qumo-sdn", version: options.version },
  });
  return app;
}

/** The address that a client comes from, as far as the listener tells it. */
function clientOf(c: Context): string {
  const info = c.env as { remoteAddr?: { hostname?: string } } | undefined;
  return info?.remoteAddr?.hostname ?? "local";
}

/** The pattern that a request matched: a label of which there are few. */
function pathLabel(c: Context): string {
  const route = c.req.matchedRoutes.findLast((one) => one.path !== "*" && one.path !== "/*");
  return route?.path.replace("{.+}", "") ?? "none";
}
