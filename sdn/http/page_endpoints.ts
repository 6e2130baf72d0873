import { type PageFile, pageHeaders } from "@qumo/shared/page";
import { done } from "@qumo/shared/runtime";
import * as z from "zod";
import { roles } from "./auth.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

/** The caller's role, so that the dashboard offers only permitted actions. */
const whoamiAnswer = z.strictObject({
  revision: z.number().int(),
  role: z.enum(roles),
  relay: z.string().optional(),
}).meta({ id: "WhoAmI" });

/** The dashboard's files, and the endpoints that only the dashboard uses. */
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

// The files are public: a user without a token needs them to enter one.
function fileEndpoint({ path, type, text }: PageFile): Endpoint {
  const kept = pageHeaders(text);
  return endpoint({
    method: "get",
    path,
    summary: path === "/" ? "The operators' page" : "A file of the operators' page",
    role: "none",
    // Unknown query parameters are accepted: links may carry tracking parameters.
    query: z.looseObject({}),
    answer: type,
    handle: ({ headers }) => {
      const isKnown = matches(headers.get("if-none-match"), kept.etag);
      const response = isKnown
        ? new Response(null, { status: 304, headers: kept })
        : new Response(text, { headers: { ...kept, "content-type": type } });
      return Promise.resolve(done(response));
    },
  });
}

/** Whether `If-None-Match` matches the tag by weak comparison, since proxies may weaken tags. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*");
}
