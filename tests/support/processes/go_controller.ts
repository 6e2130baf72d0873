/** A request that it was asked. */
export interface GoRequest {
  readonly method: string;
  readonly path: string;
}

/** How long it keeps an announce, in milliseconds. */
const ANNOUNCE_TTL_MS = 90_000;

/**
 * The HTTP surface of the Go program's controller of v0.3, as far as relays and peers touch it: it
 * knows neither epochs nor announces in a registration, no GET of a relay, no /watch and no
 * /sync/digest, and answers what it does not know in plain text.
 */
export class GoController {
  readonly requests: GoRequest[] = [];
  readonly #relays = new Map<string, { region?: string; address?: string; neighbors?: object }>();
  readonly #announces = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get relays(): string[] {
    return [...this.#relays.keys()];
  }

  /** The announces that have not expired, as `relay /path`. */
  get announces(): string[] {
    return [...this.#announces].filter(([, end]) => end > this.#now()).map(([key]) => key).sort();
  }

  readonly answer = async (request: Request): Promise<Response> => {
    const { method } = request;
    const { pathname, search } = new URL(request.url);
    this.requests.push({ method, path: `${pathname}${search}` });
    const path = decodeURIComponent(pathname);
    if (path.startsWith("/relay/")) {
      return this.#relay(method, path.slice(7), await request.text());
    }
    if (path.startsWith("/announce/")) return this.#announce(method, path.slice(10));
    if (path === "/announce") return Response.json({ count: 0, entries: this.#entries() });
    if (path === "/route") return this.#route(new URL(request.url).searchParams);
    if (path === "/graph" || path === "/sync") return Response.json(this.#graph());
    if (path === "/health") return Response.json({ status: "ok" });
    return new Response("404 page not found\n", { status: 404 });
  };

  #relay(method: string, name: string, text: string): Response {
    if (method === "PUT") {
      this.#relays.set(name, JSON.parse(text));
      return Response.json({ relay: name, status: "registered" });
    }
    if (method !== "DELETE") return new Response(null, { status: 405 });
    return this.#relays.delete(name)
      ? Response.json({ relay: name, status: "deregistered" })
      : Response.json({ error: `relay not found: ${name}` }, { status: 404 });
  }

  #announce(method: string, path: string): Response {
    const [relay = "", ...parts] = path.split("/");
    const broadcast_path = `/${parts.join("/")}`;
    const key = `${relay} ${broadcast_path}`;
    if (method === "PUT") {
      this.#announces.set(key, this.#now() + ANNOUNCE_TTL_MS);
      return Response.json({ broadcast_path, relay, status: "registered" });
    }
    if (method !== "DELETE") return new Response(null, { status: 405 });
    return this.#announces.delete(key)
      ? Response.json({ status: "deregistered" })
      : Response.json({ error: "announce entry not found" }, { status: 404 });
  }

  #entries() {
    return this.announces.map((key) => {
      const [relay, broadcast_path] = key.split(" ");
      return { relay, broadcast_path };
    });
  }

  /** Of its routes only those over one link. */
  #route(query: URLSearchParams): Response {
    const [from = "", to = ""] = [query.get("from") ?? "", query.get("to") ?? ""];
    const cost = (this.#relays.get(from)?.neighbors as Record<string, number> | undefined)?.[to];
    if (cost === undefined) {
      return Response.json({ error: "no path between nodes" }, { status: 404 });
    }
    return Response.json({ from, to, next_hop: to, full_path: [from, to], cost });
  }

  #graph() {
    return {
      nodes: [...this.#relays].map(([id, { region = "", address }]) => ({ id, region, address })),
      adjacency: Object.fromEntries(
        [...this.#relays].map(([id, { neighbors = {} }]) => [id, neighbors]),
      ),
    };
  }
}
