import { type PageFile, pageHeaders, type PageLibrary } from "@qumo/shared/page";
import { type Clock, type Log } from "@qumo/shared/runtime";
import { Hono } from "hono";
import type { Context } from "hono";
import { type OpsAccess, type Reach, reachOf } from "./callers.ts";
import { health } from "./health.ts";
import type { Read } from "./readings.ts";
import type { Scrape } from "@qumo/shared/metrics";
import { LISTS, STATUS, statusBody, type StatusSources } from "./status.ts";

/** What the HTTP routes answer from. */
export interface OpsSources extends StatusSources {
  /** Reads the relay. */
  readonly read: Read;
  /** Whether pages of this origin may read the certificate's hash. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  /** What other machines may read now. */
  readonly access: () => OpsAccess;
  /** The files of the relay's page. */
  readonly page: readonly PageFile[];
  /** The libraries that its files use. */
  readonly libraries: readonly PageLibrary[];
  /** Answers what is about media, by the rules of sessions; undefined where there is none. */
  readonly media?: MediaRoutes | undefined;
  /** What a scrape is answered with. */
  readonly scrape: () => Promise<Scrape>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers requests for media under some paths. */
export interface MediaRoutes {
  /** Each a path, or one with `/*` for what is below it. */
  readonly paths: readonly string[];
  answer(request: Request, remote: string): Promise<Response>;
}

/** What the listener adds to a request. */
export interface OpsBindings {
  /** The client's address; absent where there is no network. */
  readonly remote?: string;
}

const METHODS = "GET, HEAD";

/** What browsers ask their user for; the name is not looked at. */
const CHALLENGE = 'Basic realm="qumo-relay: a token of ops.tokens as password", charset="UTF-8"';

/** Rows of a list in one answer, unless another number is asked for. */
const DEFAULT_PAGE_ROWS = 100;

/** Rows of a list in one answer: some hundred kilobytes. */
const MAX_PAGE_ROWS = 1_000;

/** The HTTP routes beside the media: health, metrics, status, the certificate's hash and the page. */
export function buildApp(sources: OpsSources): Hono<Env> {
  const { read, scrape, clock, log } = sources;
  const app = new Hono<Env>();
  const open = (path: string, answer: (context: Context<Env>) => Response | Promise<Response>) => {
    // Hono answers HEAD with the same function, without the body.
    app.get(path, answer);
    app.all(path, (context) => {
      context.header("Allow", METHODS);
      return context.json({ error: `${context.req.method} is not allowed here` }, 405);
    });
  };
  const reach = ({ env, req }: Context<Env>) =>
    reachOf({ remote: env.remote, headers: req.raw.headers }, sources.access());
  const page = (
    path: string,
    answer: (context: Context<Env>, reach: Reach) => Response | Promise<Response>,
  ) =>
    open(path, (context) => {
      const reached = reach(context);
      if (reached !== "public") return answer(context, reached);
      context.header("WWW-Authenticate", CHALLENGE);
      return context.json({ error: "A token of ops.tokens is needed" }, 401);
    });

  for (const { path, type, text, isPublic, hasMedia } of sources.page) {
    const headers = { ...pageHeaders(text, { hasMedia }), "content-type": type };
    (isPublic ? open : page)(path, (context) => pageFile(context, text, headers));
  }
  for (const { path, type, load } of sources.libraries) {
    open(path, async (context) => {
      const text = await load();
      return pageFile(context, text, { ...pageHeaders(text), "content-type": type });
    });
  }
  open("/health", async (context) => {
    const { status, body } = await health(read, context.req.query("probe"), clock.wall());
    context.header("Cache-Control", "no-store");
    context.header("Content-Type", "application/json");
    return context.body(`${JSON.stringify(body)}\n`, status);
  });
  page("/metrics", async (context) => {
    const { text, type } = await scrape();
    return context.body(text, 200, { "Content-Type": type });
  });
  open("/certificate.sha256", async (context) => {
    // Pages on other origins read the hash to pin the certificate, if the origin is allowed.
    const origin = context.req.header("Origin");
    if (sources.allowOrigin(origin)) context.header("Access-Control-Allow-Origin", origin ?? "*");
    context.header("Vary", "Origin");
    context.header("Cache-Control", "no-store");
    const { certificate } = await read(["certificate"]);
    return context.text(certificate.hash);
  });
  page("/status", async (context) => {
    context.header("Cache-Control", "no-store");
    return context.json(statusBody(await read(STATUS), sources));
  });

  for (const [name, pageOf] of Object.entries(LISTS)) {
    page(`/status/${name}`, async (context, reach) => {
      context.header("Cache-Control", "no-store");
      if (reach !== "everything") {
        return context.json({ error: "Names and addresses are shown to this machine only" }, 403);
      }
      const query = pageQuery(context.req.query());
      if ("error" in query) return context.json(query, 400);
      return context.json({ ...query, ...await pageOf(read, query) });
    });
  }

  for (const path of sources.media?.paths ?? []) {
    app.all(path, ({ req, env }) => sources.media!.answer(req.raw, env.remote ?? ""));
  }

  app.notFound((context) => {
    const error = "No such path: there are /, /health, /metrics, /status, /certificate.sha256";
    return context.json({ error }, 404);
  });
  app.onError((error, context) => {
    log.error("Cannot answer an HTTP request", { path: context.req.path, error });
    return context.json({ error: "The relay failed to answer, see its log" }, 500);
  });
  return app;
}

/** What Hono is told of a request. */
interface Env {
  Bindings: OpsBindings;
}

/** A file of the page, or that the browser's copy of it is still good. */
function pageFile(
  context: Context<Env>,
  text: string,
  headers: Record<string, string> & { readonly etag: string },
): Response {
  if (context.req.header("If-None-Match") === headers.etag) return context.body(null, 304, headers);
  return context.body(text, 200, headers);
}

/** Parses which part of a list is requested. */
function pageQuery(
  { offset = "0", limit = `${DEFAULT_PAGE_ROWS}` }: Record<string, string>,
): { offset: number; limit: number } | { error: string } {
  if (!/^\d{1,9}$/.test(offset)) return { error: "offset must be a whole number from 0" };
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_PAGE_ROWS) {
    return { error: `limit must be a whole number from 1 to ${MAX_PAGE_ROWS}` };
  }
  return { offset: Number(offset), limit: Number(limit) };
}
