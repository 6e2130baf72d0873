import assert from "node:assert/strict";
import { HttpMetrics, listenHttp } from "@qumo/shared/http";
import { systemClock } from "@qumo/shared/runtime";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

/** What the Go program's relay sends with each request, in its order. */
const GO_HEADERS = "Host: sdn:8090\r\nUser-Agent: Go-http-client/1.1\r\n";

/** One connection that is kept, as Go's transport keeps its own. */
class GoClient {
  readonly #connection: Deno.TcpConn;
  #rest = new Uint8Array();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Sends these very bytes and reads the answer to its end; Go's transport unzips it unasked. */
  async ask(method: string, target: string, body?: string) {
    const encoder = new TextEncoder();
    const content = body === undefined
      ? ""
      : `Content-Length: ${encoder.encode(body).length}\r\nContent-Type: application/json\r\n`;
    const head = `${method} ${target} HTTP/1.1\r\n${GO_HEADERS}${content}` +
      `Accept-Encoding: gzip\r\n\r\n`;
    const bytes = encoder.encode(head + (body ?? ""));
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    const answer = await this.#until((text) => text.includes("\r\n\r\n"));
    const fields = answer.slice(0, answer.indexOf("\r\n\r\n"));
    const start = fields.length + 4;
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(fields)?.[1]?.trim();
    const whole = await this.#body(start, header);
    const isZipped = header("content-encoding") === "gzip";
    const stream = new Blob([whole]).stream();
    const plain = isZipped ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
    return {
      status: Number(fields.split(" ")[1]),
      type: header("content-type"),
      // deno-lint-ignore no-explicit-any -- answers of every shape
      body: await new Response(plain).json() as any,
    };
  }

  async #body(start: number, header: (name: string) => string | undefined) {
    const length = header("content-length");
    if (length !== undefined) {
      const end = start + Number(length);
      await this.#until(() => this.#rest.length >= end);
      return this.#take(start, end);
    }
    assert.equal(header("transfer-encoding"), "chunked");
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (let at = start;;) {
      const text = await this.#until((text) => text.indexOf("\r\n", at) > 0);
      const line = text.indexOf("\r\n", at);
      const size = parseInt(text.slice(at, line), 16);
      const end = line + 2 + size;
      await this.#until(() => this.#rest.length >= end + 2);
      if (size === 0) {
        this.#take(start, end + 2);
        return await new Blob(chunks).bytes();
      }
      chunks.push(this.#rest.slice(line + 2, end));
      at = end + 2;
    }
  }

  async #until(isEnough: (text: string) => boolean): Promise<string> {
    const buffer = new Uint8Array(16 * 1024);
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#rest);
      if (isEnough(text)) return text;
      const read = await this.#connection.read(buffer);
      assert.notEqual(read, null, "the connection was not kept");
      this.#rest = new Uint8Array([...this.#rest, ...buffer.subarray(0, read ?? 0)]);
    }
  }

  #take(start: number, end: number): Uint8Array<ArrayBuffer> {
    const taken = this.#rest.slice(start, end);
    this.#rest = this.#rest.slice(end);
    return taken;
  }
}

type Ask = GoClient["ask"];

/** Answers Go clients over one kept connection for each. */
async function withGoClient(act: (ask: Ask) => Promise<void>): Promise<void> {
  const { handle, faults } = await testController();
  const listener = listenHttp({
    hostname: "127.0.0.1",
    port: 0,
    handle: (request) => handle(request, "go"),
    metrics: new HttpMetrics(),
    clock: systemClock,
    log: memoryLog().log,
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
  try {
    const client = new GoClient(connection);
    await act((...request) => client.ask(...request));
  } finally {
    connection.close();
    await listener.close(5000);
  }
  assert.deepEqual(faults(), []);
}

/** That an answer has what upstream's has, whatever else it has. */
function agrees(
  { status, type, body }: Awaited<ReturnType<Ask>>,
  expected: { status?: number; body: Record<string, unknown> },
): void {
  assert.equal(status, expected.status ?? 200, JSON.stringify(body));
  assert.match(type ?? "", /^application\/json\b/);
  const named = Object.keys(expected.body).map((key) => [key, body[key]]);
  assert.deepEqual(Object.fromEntries(named), expected.body);
}

Deno.test("the life of a relay of the Go program, request by request", async () => {
  await withGoClient(async (ask) => {
    // Its neighbor, which has no neighbors but in one direction.
    const london = '{"address":"","neighbors":{"tokyo":250,"newyork":0},"region":""}';
    agrees(await ask("PUT", "/relay/london", london), {
      body: { relay: "london", status: "registered" },
    });
    // The start: the topology. A heartbeat: each announce again, one after the other, then it again.
    const tokyo = '{"address":"https://tokyo:4433","neighbors":{"london":250.5},"region":"asia"}';
    const announced = (path: string) => `{"broadcast_path":"${path}","relay":"tokyo"}`;
    agrees(await ask("PUT", "/relay/tokyo", tokyo), {
      body: { relay: "tokyo", status: "registered" },
    });
    for (let beat = 0; beat < 2; beat++) {
      for (const path of ["/live/a", "/live/caf\u00e9 b"]) {
        const target = `/announce/tokyo${path.replace("\u00e9 ", "%C3%A9%20")}`;
        agrees(await ask("PUT", target, announced(path)), {
          body: { broadcast_path: path, relay: "tokyo", status: "registered" },
        });
      }
      agrees(await ask("PUT", "/relay/tokyo", tokyo), {
        body: { relay: "tokyo", status: "registered" },
      });
    }
    agrees(
      await ask("PUT", "/announce/london/live/b", '{"broadcast_path":"/live/b","relay":"london"}'),
      {
        body: { broadcast_path: "/live/b", relay: "london", status: "registered" },
      },
    );

    // A poll: who else has what, and the route to it.
    const listed = await ask("GET", "/announce");
    agrees(listed, { body: { count: 3 } });
    for (const entry of listed.body.entries) {
      for (const key of ["relay", "broadcast_path", "registered_at", "expires_at"]) {
        assert.equal(typeof entry[key], "string");
      }
      // RFC 3339, which Go reads times by.
      assert.match(entry.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }
    agrees(await ask("GET", "/route?from=tokyo&to=london"), {
      body: {
        from: "tokyo",
        to: "london",
        next_hop: "london",
        full_path: ["tokyo", "london"],
        cost: 250.5,
      },
    });
    const back = await ask("GET", "/route?from=london&to=tokyo");
    agrees(back, { body: { next_hop_address: "https://tokyo:4433", cost: 250 } });
    const found = await ask("GET", "/announce/lookup?broadcast_path=/live/b");
    agrees(found, { body: { broadcast_path: "/live/b" } });
    assert.deepEqual(found.body.relays.map((one: { relay: string }) => one.relay), ["london"]);
    // Upstream says null here, which its client reads as an empty list.
    agrees(await ask("GET", "/announce/lookup?broadcast_path=/no"), { body: { relays: [] } });

    // SIGTERM: each announce is withdrawn; one that is gone is no fault.
    for (const target of ["/announce/tokyo/live/a", "/announce/tokyo/live/caf%C3%A9%20b"]) {
      agrees(await ask("DELETE", target), { body: { status: "deregistered" } });
      agrees(await ask("DELETE", target), {
        status: 404,
        body: { error: "announce entry not found" },
      });
    }
  });
});

Deno.test("names that the Go relay escapes in one place and not in the other", async () => {
  await withGoClient(async (ask) => {
    const body = '{"address":"https://a:1","neighbors":{},"region":""}';
    // In /relay/ the name is escaped; in /announce/ it is written as it is, as far as a URL lets it.
    for (
      const [escaped, asItIs, name] of [
        ["tokyo%20east", "tokyo%20east", "tokyo east"],
        ["%E6%9D%B1%E4%BA%AC", "%E6%9D%B1%E4%BA%AC", "\u6771\u4eac"],
        ["a:b@c%2Bd", "a:b@c+d", "a:b@c+d"],
        ["a%2Fb", "a/b", "a/b"],
      ] as const
    ) {
      agrees(await ask("PUT", `/relay/${escaped}`, body), { body: { relay: name } });
      // A name with a slash ends at it there, for upstream as for us.
      const [relay = "", ...more] = name.split("/");
      const path = ["", ...more, "live", "x"].join("/");
      const announce = `{"broadcast_path":"/live/x","relay":"${name}"}`;
      agrees(await ask("PUT", `/announce/${asItIs}/live/x`, announce), {
        body: { broadcast_path: path, relay, status: "registered" },
      });
      agrees(await ask("DELETE", `/announce/${asItIs}/live/x`), {
        body: { status: "deregistered" },
      });
      agrees(await ask("DELETE", `/relay/${escaped}`), {
        body: { relay: name, status: "deregistered" },
      });
    }
  });
});

Deno.test("every request that upstream serves, with its errors", async () => {
  await withGoClient(async (ask) => {
    const refused = async (status: number, error: string | RegExp, ...request: Parameters<Ask>) => {
      const { body, ...answer } = await ask(...request);
      assert.equal(answer.status, status, JSON.stringify(body));
      if (typeof error === "string") assert.equal(body.error, error);
      else assert.match(body.error, error);
    };
    await refused(400, /^invalid JSON: /, "PUT", "/relay/a", "{");
    await refused(400, /^relay name is required in path: \/relay\/<name>$/, "PUT", "/relay/", "{}");
    await refused(400, /^relay name is required in path/, "DELETE", "/relay/");
    await refused(404, "relay not found: a", "DELETE", "/relay/a");
    await refused(400, "'from' and 'to' query parameters are required", "GET", "/route?from=a");
    await refused(404, "node not found", "GET", "/route?from=a&to=b");
    await refused(400, /^invalid JSON: /, "PUT", "/sync", "{");
    const path = "path must be /announce/<relay>/<broadcast_path>";
    await refused(400, path, "PUT", "/announce/a", "{}");
    await refused(400, path, "PUT", "/announce/a/", "{}");
    await refused(400, path, "DELETE", "/announce/a");
    await refused(400, /^'broadcast_path' query parameter is required/, "GET", "/announce/lookup");
    await refused(405, /./, "PUT", "/graph", "{}");

    // Bodies as they come from scripts: keys that are not there, and null for no neighbors.
    for (const body of ["{}", '{"neighbors":null}', '{"region":"x","neighbors":{"b":-5,"a":1}}']) {
      agrees(await ask("PUT", "/relay/a", body), { body: { relay: "a", status: "registered" } });
    }
    agrees(await ask("PUT", "/relay/b", '{"neighbors":{}}'), { body: { relay: "b" } });
    await refused(404, "no path between nodes", "GET", "/route?from=b&to=a");
    agrees(await ask("GET", "/graph"), {
      body: {
        nodes: [
          { id: "a", region: "x", state: "registered" },
          { id: "b", region: "", state: "registered" },
        ],
        adjacency: { a: { b: 1 } },
      },
    });
    agrees(await ask("GET", "/sync"), { body: { adjacency: { a: { b: 1 } } } });
    const graph = '{"nodes":[{"id":"c","region":"y","address":"https://c:1"}],"adjacency":{}}';
    agrees(await ask("PUT", "/sync", graph), { body: { nodes: 3, status: "synced" } });
    // What a PUT of an announce says in its body does not matter, nor whether it says anything.
    for (const body of ["", "{}", '{"broadcast_path":"/other","relay":"other"}']) {
      agrees(await ask("PUT", "/announce/a/live/x", body), {
        body: { broadcast_path: "/live/x", relay: "a", status: "registered" },
      });
    }
    agrees(await ask("GET", "/announce"), { body: { count: 1 } });
    agrees(await ask("GET", "/health"), { body: { status: "ok" } });
    agrees(await ask("GET", "/route?from=a&to=a"), {
      body: { next_hop: "a", full_path: ["a"], cost: 0 },
    });
  });
});
