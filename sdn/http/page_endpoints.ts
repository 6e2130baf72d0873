import { createHash } from "node:crypto";
import { done } from "@qumo/shared/runtime";
import { z } from "zod";
import { roles } from "./auth.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

/** A file of the operator's page. */
export interface PageFile {
  /** Where it is served. */
  readonly path: string;
  /** Its media type, with the character set. */
  readonly type: string;
  readonly text: string;
}

/** Who the caller is, as the page asks in order to offer only what will be allowed. */
export const whoamiAnswer = z.strictObject({
  revision: z.number().int(),
  role: z.enum(roles),
  relay: z.string().optional(),
}).meta({ id: "WhoAmI" });

// Everything comes from this origin, nothing runs that is not a file of it, nobody frames it, and
// a script that would write markup is stopped by the browser.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The operator's page, and what it asks about its user. */
export function pageEndpoints(files: readonly PageFile[], revision: () => number): Endpoint[] {
  const whoami = endpoint({
    method: "get",
    path: "/whoami",
    summary: "What the caller may do",
    role: "read",
    answer: whoamiAnswer,
    handle: ({ identity: { role, relay } }) => {
      const body = { revision: revision(), role, ...(relay !== undefined && { relay }) };
      return Promise.resolve(done({ body, headers: { "cache-control": "no-store" } }));
    },
  });
  return [...files.map(fileEndpoint), whoami];
}

// The files hold nothing secret, and whoever has no token yet needs them to enter one.
function fileEndpoint({ path, type, text }: PageFile): Endpoint {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const kept = {
    etag,
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  };
  return endpoint({
    method: "get",
    path,
    summary: path === "/" ? "The operator's page" : "A file of the operator's page",
    role: "none",
    // Links to the page may have been decorated on their way.
    query: z.looseObject({}),
    answer: type,
    handle: ({ headers }) => {
      const isKnown = matches(headers.get("if-none-match"), etag);
      const response = isKnown
        ? new Response(null, { status: 304, headers: kept })
        : new Response(text, { headers: { ...kept, "content-type": type } });
      return Promise.resolve(done(response));
    },
  });
}

/** Whether `If-None-Match` names the tag: weakly, as caches on the way may have marked it. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*");
}
