/** Every status that the API answers with is in `/openapi.json`, and none is there that it never does. */
import assert from "node:assert/strict";
import { healthAnswer } from "../control/answers.ts";
import { revocationId } from "../registry/mod.ts";
import { MemoryStore } from "../store/mod.ts";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import type { LiveSettings } from "../live_config.ts";
import { tokenAccess } from "./auth.ts";
import { errorAnswer } from "./openapi.ts";
import { pageGuard } from "./page_guard.ts";

type Given = Awaited<ReturnType<typeof testController>>;

/** One request. */
interface Asking {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What an operation is asked so that it is done, in a network of which these steps were made. */
interface Operation extends Asking {
  readonly before?: readonly Asking[];
  /** What leads to a status that not every operation has. */
  readonly refusals?: Readonly<Record<string, Asking & { readonly before?: readonly Asking[] }>>;
}

const DIGESTS = { buckets: Array(256).fill("") };
const TOKYO: Asking = {
  method: "PUT",
  path: "/relay/tokyo",
  body: { epoch: 2, seq: 2, neighbors: {} },
};
const ISLAND: Asking = { method: "PUT", path: "/relay/island", body: {} };
const AT_TOKYO: Asking = { method: "PUT", path: "/announce/x", body: { relay: "tokyo" } };
const WITHDRAW: Asking = { method: "DELETE", path: "/announce/x?relay=tokyo" };
const REVOKE: Asking = { method: "POST", path: "/revoke", body: { kind: "token", value: "x" } };
const POLICY: Asking = { method: "PUT", path: "/policy/acme", body: { sessions: 1 } };
const CHANGED = { "if-match": '"777"' };

/** Stands for the name of a watcher that there is. */
const WATCHER = "/watch/WATCHER";

function get(path: string, refusals: Operation["refusals"] = {}, before = [TOKYO]): Operation {
  return { method: "GET", path, before, refusals };
}

function nameless(path: string, method = "GET") {
  return { 404: { method, path } };
}

/** Each operation by its name in the documents. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "PUT /relay/{name}": {
    ...TOKYO,
    refusals: {
      409: { ...TOKYO, body: { epoch: 1 }, before: [TOKYO] },
      412: { ...TOKYO, headers: CHANGED },
    },
  },
  "GET /relay": get("/relay"),
  "GET /relay/{name}": get("/relay/tokyo", {
    ...nameless("/relay/osaka"),
    304: { method: "GET", path: "/relay/tokyo", headers: { "if-none-match": '"1"' } },
  }),
  "DELETE /relay/{name}": {
    method: "DELETE",
    path: "/relay/tokyo",
    before: [TOKYO],
    refusals: {
      ...nameless("/relay/osaka", "DELETE"),
      412: { method: "DELETE", path: "/relay/tokyo", headers: CHANGED },
    },
  },
  "GET /flows": get("/flows"),
  "POST /relay/{name}/drain": {
    method: "POST",
    path: "/relay/tokyo/drain",
    before: [TOKYO],
    refusals: nameless("/relay/osaka/drain", "POST"),
  },
  "POST /relay/{name}/undrain": {
    method: "POST",
    path: "/relay/tokyo/undrain",
    before: [TOKYO, { method: "POST", path: "/relay/tokyo/drain" }],
    refusals: nameless("/relay/osaka/undrain", "POST"),
  },
  "POST /mesh/identity/{name}": {
    method: "POST",
    path: "/mesh/identity/tokyo",
    body: { key: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } },
    before: [TOKYO],
    refusals: {
      404: {
        method: "POST",
        path: "/mesh/identity/osaka",
        body: { key: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } },
      },
    },
  },
  "GET /route": get("/route?from=tokyo&to=tokyo", {
    404: { method: "GET", path: "/route?from=tokyo&to=island", before: [TOKYO, ISLAND] },
  }),
  "GET /routes/{relay}": get("/routes/tokyo", nameless("/routes/osaka")),
  "GET /graph": get("/graph", {
    304: { method: "GET", path: "/graph?since=1", before: [TOKYO] },
  }),
  "GET /assign": get("/assign", { 404: { method: "GET", path: "/assign", before: [] } }, [
    { ...TOKYO, body: { address: "moqt://tokyo:4433" } },
  ]),
  "GET /announce": get("/announce"),
  "GET /announce/lookup": get(
    "/announce/lookup?track=x",
    nameless("/announce/lookup?track=x&from=osaka"),
  ),
  "PUT /announce/{track}": {
    ...AT_TOKYO,
    before: [TOKYO],
    // A relay that numbers its lives registers itself.
    refusals: { 404: { ...AT_TOKYO, before: [TOKYO, { ...TOKYO, method: "DELETE" }] } },
  },
  "DELETE /announce/{track}": {
    ...WITHDRAW,
    before: [TOKYO, AT_TOKYO],
    refusals: nameless("/announce/y?relay=tokyo", "DELETE"),
  },
  "GET /watch": get("/watch?scope=graph", {
    410: { method: "GET", path: "/watch?since=999" },
  }),
  "POST /watch": {
    method: "POST",
    path: "/watch",
    body: { scope: "graph", interests: { namespaces: ["live"] } },
    refusals: { 410: { method: "POST", path: "/watch", body: { since: 999, interests: {} } } },
  },
  "PUT /watch/{watcher}": {
    method: "PUT",
    path: WATCHER,
    body: { number: 1, add: { prefixes: ["live"] } },
    refusals: { 404: { method: "PUT", path: "/watch/nobody", body: { number: 1 } } },
  },
  "POST /revoke": REVOKE,
  "GET /revoke": get("/revoke"),
  "DELETE /revoke/{id}": {
    method: "DELETE",
    path: `/revoke/${revocationId({ kind: "token", value: "x" })}`,
    before: [REVOKE],
    refusals: nameless("/revoke/none", "DELETE"),
  },
  "PUT /policy/{tenant}": POLICY,
  "GET /policy/{tenant}": { ...get("/policy/acme", nameless("/policy/none")), before: [POLICY] },
  "DELETE /policy/{tenant}": {
    method: "DELETE",
    path: "/policy/acme",
    before: [POLICY],
    refusals: nameless("/policy/none", "DELETE"),
  },
  "GET /policy": get("/policy"),
  "POST /kick": { method: "POST", path: "/kick", body: { kind: "token", value: "x" } },
  "PUT /sync/access": { method: "PUT", path: "/sync/access", body: {} },
  "GET /health": get("/health"),
  "GET /metrics": get("/metrics"),
  "GET /events": get("/events"),
  "GET /history": get("/history", nameless("/history?relay=nobody")),
  "POST /sync/digest": { method: "POST", path: "/sync/digest", body: DIGESTS },
  "GET /sync": get("/sync"),
  "PUT /sync": { method: "PUT", path: "/sync", body: { nodes: [], adjacency: {} } },
  "GET /whoami": get("/whoami"),
  "GET /": get("/", { 400: { method: "GET", path: "/", headers: { host: "a b" } } }),
};

// The listener's own, of which tests/e2e/http_input_test.ts has a test.
const OF_THE_LISTENER = "431";

// Nothing can go wrong with what is fixed.
const FIXED = "GET /";

function controller(live: Partial<LiveSettings> = {}, store = new MemoryStore(0)): Promise<Given> {
  return testController({ live, store });
}

/** Asks, after what must have been asked before, and answers with the status; checks a refusal's body. */
async function status(
  { ask, request }: Given,
  { before = [], ...asked }: Asking & { before?: readonly Asking[] },
): Promise<string> {
  for (const one of before) await ask(one.method, one.path, one.body, one.headers);
  if (/^\/watch(\?|$)/.test(asked.path)) {
    // A stream of events has no end to wait for.
    const { method, path, headers = {}, body } = asked;
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await request(path, { method, headers, ...text });
    await response.body?.cancel();
    return String(response.status);
  }
  const path = asked.path.startsWith(WATCHER)
    ? asked.path.replace(WATCHER, `/watch/${await watcherOf(request)}`)
    : asked.path;
  const asking = { ...asked, path };
  const answer = await ask(asking.method, asking.path, asking.body, asking.headers);
  if (answer.status === 304) assert.equal(answer.body, "");
  else if (answer.status === 503 && asking.path.startsWith("/health")) {
    assert.ok(healthAnswer.safeParse(answer.body).success);
  } else if (answer.status >= 400) {
    const read = errorAnswer.safeParse(answer.body);
    assert.ok(read.success, `${asking.method} ${asking.path}: ${JSON.stringify(answer.body)}`);
  }
  return String(answer.status);
}

/** The name of a watcher that stays; "refused" where none may begin. */
async function watcherOf(request: Given["request"]): Promise<string> {
  const body = JSON.stringify({ interests: {} });
  const response = await request("/watch", { method: "POST", body });
  if (!response.ok) return "refused";
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes('"watcher":')) text += (await reader.read()).value;
  return /"watcher":"([^"]+)"/.exec(text)![1]!;
}

/** What leads any operation to a status that belongs to no operation in particular. */
const ANYWHERE: Readonly<Record<string, (one: Operation) => Promise<string>>> = {
  200: async (one) => await status(await controller(), one),
  400: async (one) => {
    const path = `${one.path}${one.path.includes("?") ? "&" : "?"}nonsense=1`;
    return await status(await controller(), { ...one, path });
  },
  401: async (one) => await status(await controller({ authenticate: tokenAccess([]) }), one),
  403: async (one) => {
    const headers = { host: "evil.example" };
    return await status(await controller({ guard: pageGuard([]) }), { ...one, headers });
  },
  413: async (one) => {
    const headers = { "content-length": String(1e9) };
    return await status(await controller(), { ...one, headers });
  },
  429: async (one) => {
    const { before: _, ...asking } = one;
    const rateLimit = () => ({ perSecond: 0.001, burst: 1 });
    const world = await controller({ rateLimit });
    await status(world, asking);
    return await status(world, asking);
  },
  500: async (one) => {
    const fault = () => {
      throw new Error("a fault");
    };
    const store = Object.defineProperty(new MemoryStore(0), "healthy", { get: fault });
    const world = await controller({ authenticate: fault }, store);
    return await status(world, { ...one, before: [] });
  },
  503: async (one) => {
    const store = new SickStore(0);
    const world = await controller({}, store);
    await status(world, { method: "GET", path: "/relay", before: one.before ?? [] });
    store.isSick = true;
    const { before: _, ...asking } = one;
    return await status(world, asking);
  },
};

/** A store that keeps nothing once it is sick. */
class SickStore extends MemoryStore {
  isSick = false;

  override get healthy(): boolean {
    return !this.isSick;
  }

  override append(): Promise<void> {
    return this.isSick ? Promise.reject(new Error("the disk is full")) : Promise.resolve();
  }
}

const { body: { paths } } = await (await controller()).ask("GET", "/openapi.json");
// One of the page's files is like the other.
const looked = Object.entries<Record<string, { responses: object }>>(paths)
  .filter(([path]) => !path.startsWith("/dashboard/"));

for (const [path, methods] of looked) {
  for (const [method, { responses }] of Object.entries(methods)) {
    const name = `${method.toUpperCase()} ${path}`;
    Deno.test(`${name} answers with each status that is documented`, async () => {
      const one = OPERATIONS[name];
      assert.ok(one, "it has no row here");
      const others = Object.keys(one.refusals ?? {});
      const documented = Object.keys(responses).filter((status) => status !== OF_THE_LISTENER);
      assert.deepEqual(others.filter((status) => !documented.includes(status)), []);
      for (const status of documented) {
        if (name === FIXED && status === "500") continue;
        assert.equal(await driven(one, status), status, status);
      }
    });
  }
}

Deno.test("no status is answered that is not documented, whatever is asked", async () => {
  for (const [name, one] of Object.entries(OPERATIONS)) {
    const [method = "", path = ""] = name.split(" ");
    const documented = Object.keys(paths[path][method.toLowerCase()].responses);
    for (const wanted of Object.keys(ANYWHERE)) {
      const answered = await driven(one, wanted);
      assert.ok(documented.includes(answered), `${name}: ${answered} when driven to ${wanted}`);
    }
  }
});

async function driven(one: Operation, wanted: string): Promise<string> {
  const own = one.refusals?.[wanted];
  if (own === undefined) return await ANYWHERE[wanted]!(one);
  const world = await controller({ guard: pageGuard([]) });
  return await status(world, { ...own, before: own.before ?? one.before ?? [] });
}
