import { hostOf, isPrivateName } from "@qumo/shared/http";
import { type Refusal, refusal } from "@qumo/shared/topology";

/** Says why a request is not answered that a page of another site may have sent, if it is not. */
export type PageGuard = (request: Request) => Refusal | undefined;

/**
 * Keeps pages of other sites out where no token does: browsers send their requests from within the
 * network, and whoever reaches the controller may do everything. Programs send neither `Origin` nor
 * `Sec-Fetch-Site`, and only the host that they call by is looked at.
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
    // Somebody may follow a link to the page from anywhere.
    const isVisit = method === "GET" && headers.get("sec-fetch-mode") === "navigate";
    if (site !== null && site !== "same-origin" && site !== "none" && !isVisit) {
      return no("Pages of other sites may not use this controller");
    }
    // No form can send this, whatever a browser thinks of where it came from.
    if (method === "POST" && !headers.get("content-type")?.startsWith("application/json")) {
      return no("A page must send its orders as application/json");
    }
    return undefined;
  };
}

function no(message: string): Refusal {
  return refusal("forbidden", message);
}
