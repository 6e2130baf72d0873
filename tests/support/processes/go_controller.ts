import { Hono } from "hono";

/** How long it keeps an announce, in milliseconds. */
const ANNOUNCE_TTL_MS = 90_000;

/** What a relay says of itself that the others are told. */
interface Registration {
  readonly region?: string;
  readonly address?: string;
  readonly neighbors?: Readonly<Record<string, number>>;
}

/**
 * The HTTP surface of the Go program's controller of v0.3, as far as relays and peers touch it: it
 * knows neither epochs nor announces in a registration, no GET of a relay, no /watch and no
 * /sync/digest, and answers what it does not know in plain text.
 */
export function goController(now: () => number) {
  const relays = new Map<string, Registration>();
  const announces = new Map<string, number>();
  const live = () => [...announces].filter(([, end]) => end > now()).map(([key]) => key).sort();
  const app = new Hono();
  app.put("/relay/:relay", async (asked) => {
    const relay = asked.req.param("relay");
    relays.set(relay, await asked.req.json());
    return asked.json({ relay, status: "registered" });
  });
  app.delete("/relay/:relay", (asked) => {
    const relay = asked.req.param("relay");
    return relays.delete(relay)
      ? asked.json({ relay, status: "deregistered" })
      : asked.json({ error: `relay not found: ${relay}` }, 404);
  });
  app.put("/announce/:relay/:path{.+}", (asked) => {
    const { relay, path } = asked.req.param();
    announces.set(`${relay} /${path}`, now() + ANNOUNCE_TTL_MS);
    return asked.json({ broadcast_path: `/${path}`, relay, status: "registered" });
  });
  app.delete("/announce/:relay/:path{.+}", (asked) => {
    const { relay, path } = asked.req.param();
    return announces.delete(`${relay} /${path}`)
      ? asked.json({ status: "deregistered" })
      : asked.json({ error: "announce entry not found" }, 404);
  });
  app.all("/:kind{relay|announce}/:rest{.+}", (asked) => asked.body(null, 405));
  app.get("/announce", (asked) => {
    const entries = live().map((key) => key.split(" "))
      .map(([relay, broadcast_path]) => ({ relay, broadcast_path }));
    return asked.json({ count: 0, entries });
  });
  // Of its routes only those over one link.
  app.get("/route", (asked) => {
    const { from = "", to = "" } = asked.req.query();
    const cost = relays.get(from)?.neighbors?.[to];
    return cost === undefined
      ? asked.json({ error: "no path between nodes" }, 404)
      : asked.json({ from, to, next_hop: to, full_path: [from, to], cost });
  });
  app.on("GET", ["/graph", "/sync"], (asked) => {
    const all = [...relays];
    return asked.json({
      nodes: all.map(([id, { region = "", address }]) => ({ id, region, address })),
      adjacency: Object.fromEntries(all.map(([id, { neighbors = {} }]) => [id, neighbors])),
    });
  });
  app.get("/health", (asked) => asked.json({ status: "ok" }));
  app.notFound((asked) => asked.text("404 page not found\n", 404));
  return {
    relays: () => [...relays.keys()],
    /** The announces that have not expired, as `relay /path`. */
    announces: live,
    answer: async (request: Request): Promise<Response> => await app.fetch(request),
  };
}
