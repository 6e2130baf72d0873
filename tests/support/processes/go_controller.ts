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
export class GoController {
  readonly #relays = new Map<string, Registration>();
  readonly #announces = new Map<string, number>();
  readonly #now: () => number;
  readonly #app = this.#build();

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

  readonly answer = async (request: Request): Promise<Response> => await this.#app.fetch(request);

  #build(): Hono {
    const app = new Hono();
    app.put("/relay/:relay", async (asked) => {
      const relay = asked.req.param("relay");
      this.#relays.set(relay, await asked.req.json());
      return asked.json({ relay, status: "registered" });
    });
    app.delete("/relay/:relay", (asked) => {
      const relay = asked.req.param("relay");
      return this.#relays.delete(relay)
        ? asked.json({ relay, status: "deregistered" })
        : asked.json({ error: `relay not found: ${relay}` }, 404);
    });
    app.put("/announce/:relay/:path{.+}", (asked) => {
      const { relay, path } = asked.req.param();
      this.#announces.set(`${relay} /${path}`, this.#now() + ANNOUNCE_TTL_MS);
      return asked.json({ broadcast_path: `/${path}`, relay, status: "registered" });
    });
    app.delete("/announce/:relay/:path{.+}", (asked) => {
      const { relay, path } = asked.req.param();
      return this.#announces.delete(`${relay} /${path}`)
        ? asked.json({ status: "deregistered" })
        : asked.json({ error: "announce entry not found" }, 404);
    });
    app.all("/:kind{relay|announce}/:rest{.+}", (asked) => asked.body(null, 405));
    app.get("/announce", (asked) => {
      const entries = this.announces.map((key) => key.split(" "))
        .map(([relay, broadcast_path]) => ({ relay, broadcast_path }));
      return asked.json({ count: 0, entries });
    });
    // Of its routes only those over one link.
    app.get("/route", (asked) => {
      const { from = "", to = "" } = asked.req.query();
      const cost = this.#relays.get(from)?.neighbors?.[to];
      return cost === undefined
        ? asked.json({ error: "no path between nodes" }, 404)
        : asked.json({ from, to, next_hop: to, full_path: [from, to], cost });
    });
    app.on("GET", ["/graph", "/sync"], (asked) => {
      const relays = [...this.#relays];
      return asked.json({
        nodes: relays.map(([id, { region = "", address }]) => ({ id, region, address })),
        adjacency: Object.fromEntries(relays.map(([id, { neighbors = {} }]) => [id, neighbors])),
      });
    });
    app.get("/health", (asked) => asked.json({ status: "ok" }));
    app.notFound((asked) => asked.text("404 page not found\n", 404));
    return app;
  }
}
