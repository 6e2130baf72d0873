import { hostOf, isPrivateName } from "@qumo/shared/http";
import { type Refusal, refusal } from "@qumo/shared/topology";

/** Returns a refusal for a request that may come from another site's page. */
export type PageGuard = (request: Request) => Refusal | undefined;

/**
 * Protects a controller without tokens from other sites' pages (CSRF, DNS rebinding): browsers send
 * such requests from inside the network. Other programs send neither `Origin` nor `Sec-Fetch-Site`;
 * only their `Host` is checked.
 */
export function pageGuard(allowedHosts: readonly string[]): PageGuard {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (request) => {
    const { headers, method } = request;
    const header = headers.get("host");
    const host = header === null ? "" : hostOf(header);
    if (host === undefined) return refusal("bad_request", "The Host header names no host");
    if (host !== "" && !isPrivateName(host) && !allowed.has(host)) {
      return no(`${host} is not a name of this controller: add it to server.allowed_hosts`);
    }
    const origin = headers.get("origin");
    const site = headers.get("sec-fetch-site");
    if (origin === null && site === null) return undefined;
    if (origin !== null && URL.parse(origin)?.host !== header?.toLowerCase()) {
      return no(`Pages of ${origin} may not use this controller`);
    }
    // A link to the dashboard may be followed from any site.
    const isVisit = method === "GET" && headers.get("sec-fetch-mode") === "navigate";
    if (site !== null && site !== "same-origin" && site !== "none" && !isVisit) {
      return no("Pages of other sites may not use this controller");
    }
    // An HTML form cannot send this media type, so a cross-site POST needs a preflight.
    if (method === "POST" && !headers.get("content-type")?.startsWith("application/json")) {
      return no("A page must send its orders as application/json");
    }
    return undefined;
  };
}

function no(message: string): Refusal {
  return refusal("forbidden", message);
}
