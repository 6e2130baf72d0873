import { type MethodLabel, methodLabel } from "@qumo/shared/http";
import { type Refusal, refusal } from "@qumo/shared/topology";
import { Hono } from "hono";
import type {
  AccessUseCases,
  DirectoryUseCases,
  EventUseCases,
  HistoryUseCases,
  OperationUseCases,
  RelayUseCases,
  RouteUseCases,
  WatchUseCases,
} from "../control/use_cases.ts";
import { accessEndpoints } from "./access_endpoints.ts";
import { announceEndpoints } from "./announce_endpoints.ts";
import type { Authenticate } from "./auth.ts";
import { ByteBudget } from "./byte_budget.ts";
import { Deadlines } from "./deadlines.ts";
import type { Asked, Endpoint, Router } from "./endpoint.ts";
import { eventEndpoints } from "./event_endpoints.ts";
import { historyEndpoints } from "./history_endpoints.ts";
import { MAX_BODY_BYTES_IN_ALL, MAX_BODY_BYTES_PER_CLIENT } from "./limits.ts";
import { operationEndpoints } from "./operation_endpoints.ts";
import type { PageGuard } from "./page_guard.ts";
import { type RateLimit, RateLimiter } from "./rate_limit.ts";
import { relayEndpoints } from "./relay_endpoints.ts";
import { routeEndpoints } from "./route_endpoints.ts";
import { refuse, serveEndpoints } from "./serve_endpoints.ts";
import { watchEndpoints } from "./watch_endpoints.ts";
import type { WatchTools } from "./watchers.ts";

/** The dependencies of the app. */
export interface AppOptions extends WatchTools {
  readonly relays: RelayUseCases;
  readonly routes: RouteUseCases;
  readonly directory: DirectoryUseCases;
  readonly access: AccessUseCases;
  readonly watching: WatchUseCases;
  readonly operation: OperationUseCases;
  readonly events: EventUseCases;
  readonly history: HistoryUseCases;
  /** Endpoints beside those of the API, such as the dashboard. */
  readonly more: readonly Endpoint[];
  readonly revision: () => number;
  readonly version: string;
  readonly authenticate: Authenticate;
  /** Refuses requests from other sites' pages when no token is required. */
  readonly guard: PageGuard;
  /** The limit that holds now. */
  readonly rateLimit: () => RateLimit;
  /** The time limit for a request's body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Called with each answered request. */
  readonly onRequest: (request: AnsweredRequest) => void;
  /** Called when a valid token lacks the role for a request; `client` is the client's address. */
  readonly onTokenRefused: (client: string, request: AnsweredRequest) => void;
  /** Called when a request is refused at a limit, with the client's address, method and path. */
  readonly onLimitReached: (client: string, detail: string) => void;
  /** Called with an exception of a handler. */
  readonly onFault: (error: unknown, requestId: string) => void;
}

/** An answered request; `path` is the endpoint's pattern, not the client's text. */
export interface AnsweredRequest {
  readonly method: MethodLabel;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

const SECURITY_HEADERS = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
] as const;

/** The HTTP handler; `client` identifies the caller by its address. */
export interface App {
  fetch(request: Request, client: string): Promise<Response>;
}

/** The controller's HTTP API, from outside in: request id and headers, rate limit, endpoints. */
export function buildApp(options: AppOptions): App {
  const { clock, revision } = options;
  const { rateLimit } = options;
  // Heartbeats have a rate limit of their own, so that other requests of a site cannot expire its
  // relays' leases.
  const limiters = {
    heartbeats: new RateLimiter(rateLimit),
    others: new RateLimiter(rateLimit),
  };
  const answer = route(options);
  return {
    async fetch(request, client) {
      const started = clock.now();
      const id = crypto.randomUUID();
      const url = new URL(request.url);
      const limiter = limiters[isHeartbeat(request, url) ? "heartbeats" : "others"];
      const charge = (cost: number) => limiter.charge(client, cost);
      const asked: Asked = { request, url, id, client, charge, label: "none" };
      const isAllowed = limiter.take(client, started);
      asked.refusal = isAllowed ? options.guard(request) : tooMany(limiter.waitMs(client));
      const response = asked.refusal === undefined
        ? await answer(asked)
        : refuse(asked.refusal, revision());
      const { status, headers } = response;
      for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
      headers.set("x-request-id", id);
      const method = methodLabel(request.method);
      const milliseconds = clock.now() - started;
      const answered = { method, path: asked.label, status, milliseconds };
      options.onRequest(answered);
      const isForbidden = status === 401 || status === 403;
      if (isForbidden && request.headers.has("authorization")) {
        options.onTokenRefused(client, answered);
      }
      const code = asked.refusal?.code;
      if (code === "rate_limited" || code === "limit_reached") {
        options.onLimitReached(client, `${method} ${asked.label}: ${asked.refusal?.message}`);
      }
      return response;
    },
  };
}

function tooMany(retryAfterMs = 0): Refusal {
  return { ...refusal("rate_limited", "Too many requests"), retryAfterMs };
}

function isHeartbeat({ method }: Request, { pathname }: URL): boolean {
  return method === "PUT" && pathname.startsWith("/relay/");
}

/** Finds the endpoint of a request. */
function route(options: AppOptions): (asked: Asked) => Promise<Response> {
  const { clock, revision, onFault } = options;
  const app: Router = new Hono({
    // Uses the path undecoded: an encoded slash in a name must not become a path separator.
    getPath: (_request, given) => (given?.env as Asked).url.pathname,
  });
  app.onError((error) => {
    throw error;
  });
  app.notFound(() => refuse(refusal("not_found", "There is no such path"), revision()));
  const context = {
    authenticate: options.authenticate,
    revision,
    bodyDeadline: new Deadlines(clock, options.bodyTimeoutMs).set,
    bodies: new ByteBudget(MAX_BODY_BYTES_IN_ALL, MAX_BODY_BYTES_PER_CLIENT),
  };
  const endpoints = [
    ...relayEndpoints(options.relays),
    ...routeEndpoints(options.routes),
    ...announceEndpoints(options.directory),
    ...accessEndpoints(options.access),
    ...watchEndpoints(options.watching, options),
    ...operationEndpoints(options.operation),
    ...eventEndpoints(options.events),
    ...historyEndpoints(options.history),
    ...options.more,
  ];
  const heartbeat = serveEndpoints(app, endpoints, context);
  app.get("/openapi.json", async (c) => {
    // Loaded when somebody reads it, which most controllers never see.
    const { openApiDocument } = await import("./openapi.ts");
    return c.json(openApiDocument(endpoints, options.version));
  });
  return async (asked) => {
    try {
      return await (heartbeat(asked) ?? app.fetch(asked.request, asked));
    } catch (error) {
      onFault(error, asked.id);
      return refuse(refusal("internal", "Internal error"), revision());
    }
  };
}
