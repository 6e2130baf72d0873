/** What both programs take over of their configuration while they run, and what they say of it. */
import assert from "node:assert/strict";
import { LIVE_KEYS as RELAY_KEYS } from "../../relay/config/live_keys.ts";
import { LIVE_KEYS as SDN_KEYS } from "../../sdn/config/live_keys.ts";
import {
  type ProgramProcess,
  runModule,
  startProgram,
} from "../support/processes/program_process.ts";
import { until } from "../support/until.ts";

interface Line {
  readonly message: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

/** A program whose file is written anew as it runs. */
async function start(module: string, config: object) {
  const folder = await Deno.makeTempDir({ prefix: "qumo_" });
  const file = `${folder}/config.yaml`;
  await Deno.writeTextFile(file, JSON.stringify(config));
  const program = await startProgram(runModule(module, ["--config", file]), { folder });
  let seen = 0;
  const news = (): Line[] =>
    // The last line may not have come whole.
    program.log().slice(seen).split("\n").slice(0, -1).filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  /** Has it read this; gives what it logs until it is through, which it says in so many lines. */
  const read = async (text: string, isOver: RegExp, times = 1): Promise<Line[]> => {
    await Deno.writeTextFile(file, text);
    seen = program.log().length;
    program.kill("SIGHUP");
    await until(
      `it to say ${isOver}`,
      () => news().filter(({ message }) => isOver.test(message)).length >= times,
    );
    return news();
  };
  return { program, folder, file, read };
}

function keysOf(lines: readonly Line[], message: string): string[] {
  return lines.filter((line) => line.message === message).map(({ key }) => String(key)).sort();
}

/** The status for another machine, which shows this. */
async function statusFor(program: ProgramProcess, path: string, authorization = "") {
  const headers = { "x-forwarded-for": "192.0.2.1", authorization };
  const response = await fetch(`${program.origin}${path}`, { headers });
  await response.body?.cancel();
  return response.status;
}

const READ = /^configuration read again$/;
const REFUSED = /^new configuration refused, the old one stays in use$/;

const NEW_LIMITS = {
  max_requests: 41,
  max_subscriptions: 42,
  max_published_tracks: 43,
  max_namespaces: 44,
  max_namespace_subscriptions: 45,
  max_fetches: 46,
  control_message_rate: 47,
  control_message_burst: 48,
};

Deno.test("a relay takes over at SIGHUP what it can, says what needs a restart, and nothing of a bad file", async () => {
  const KEY = JSON.stringify({ kty: "oct", alg: "HS256", kid: "one", k: "A".repeat(43) });
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/one.jwk`, KEY);
  await Deno.writeTextFile(`${folder}/two.jwk`, KEY.replace("one", "two"));
  await Deno.writeTextFile(`${folder}/token`, "first\n");
  const server = { address: "127.0.0.1:0" };
  const auth = { mode: "token", keys: [`${folder}/one.jwk`] };
  const relay = await start("relay/main.ts", { server, auth });
  await using program = relay.program;
  const allowsOrigin = async () => {
    const headers = { origin: "https://a.example" };
    const response = await fetch(`${program.origin}/certificate.sha256`, { headers });
    await response.text();
    return response.headers.has("access-control-allow-origin");
  };
  assert.equal(await allowsOrigin(), false);
  assert.equal(await statusFor(program, "/status"), 200);
  const next = {
    server: {
      ...server,
      allowed_origins: ["https://a.example"],
      max_sessions: 7,
      max_connections_per_address: 8,
      known_addresses: ["10.0.0.0/8"],
      idle_timeout_ms: "20s",
    },
    auth: {
      ...auth,
      keys: [`${folder}/one.jwk`, `${folder}/two.jwk`],
      public: { publish: ["a"], subscribe: ["b"] },
    },
    relay: { late_join: "strict", forward: "always", solicit: false, rendezvous_max_ms: "9s" },
    limits: NEW_LIMITS,
    delivery: { max_backlog_bytes: "1MiB", max_open_subgroups: 9, stall_timeout_ms: "9s" },
    ops: { tokens: [{ token_file: `${folder}/token` }] },
    log: { level: "debug", format: "json" },
    drain_timeout_ms: 50,
  };
  const lines = await relay.read(JSON.stringify(next), READ);
  // `details` may not be open with tokens, and `auto` is `json` here.
  const live = Object.values(RELAY_KEYS).flat().filter((key) => key !== "ops.details");
  assert.deepEqual(keysOf(lines, "configuration key applied"), [...live].sort());
  assert.deepEqual(keysOf(lines, "configuration key needs a restart"), ["server.idle_timeout_ms"]);
  assert.equal(lines.find(({ key }) => key === "server.max_sessions")?.["value"], "7");
  assert.ok(lines.some(({ message }) => message === "keys of tokens replaced"));
  assert.equal(await allowsOrigin(), true);
  assert.equal(await statusFor(program, "/status"), 401);
  assert.equal(await statusFor(program, "/status", "Bearer first"), 200);

  await Deno.writeTextFile(`${folder}/token`, "second\n");
  const again = await relay.read(JSON.stringify(next), READ);
  assert.deepEqual(keysOf(again, "configuration key applied"), []);
  assert.equal(await statusFor(program, "/status", "Bearer first"), 401);
  assert.equal(await statusFor(program, "/status", "Bearer second"), 200);

  const bad = "server:\n  allowed_origins: []\nlimits:\n  max_fetches: many\nsdn:\n  urk: x\n";
  const refusals = await relay.read(bad, REFUSED, 2);
  const problems = refusals.filter(({ message }) => REFUSED.test(message))
    .map(({ problem }) => String(problem));
  assert.ok(problems[0]?.startsWith(`${relay.file}:4:16: limits.max_fetches: found "many"`));
  assert.ok(problems.some((one) => one.startsWith(`${relay.file}:6:3: sdn.urk:`)), `${problems}`);
  assert.equal(await allowsOrigin(), true);
  assert.equal(await program.end(), 0);
  assert.match(program.log(), /"timeout_ms":50/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a controller takes over at SIGHUP what it can, says what needs a restart, and nothing of a bad file", async () => {
  const sha256 = (text: string) =>
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
      .then((hash) => new Uint8Array(hash).toHex());
  const server = { address: "127.0.0.1:0" };
  const controller = await start("sdn/main.ts", { server });
  await using program = controller.program;
  assert.equal(await statusFor(program, "/relay"), 200);
  const auth = { mode: "token", tokens: [{ role: "read", sha256: await sha256("one") }] };
  const next = {
    server: {
      ...server,
      allowed_hosts: ["sdn.example"],
      requests_per_second: 1,
      request_burst: 100,
    },
    auth,
    log: { level: "debug", format: "json" },
    graph: { node_ttl_sec: "5m" },
  };
  const lines = await controller.read(JSON.stringify(next), READ);
  const live = Object.values(SDN_KEYS).flat().filter((key) => key !== "graph.peer_token_file");
  assert.deepEqual(keysOf(lines, "configuration key applied"), [...live].sort());
  assert.deepEqual(keysOf(lines, "configuration key needs a restart"), ["graph.node_ttl_sec"]);
  assert.ok(lines.every((line) => !JSON.stringify(line).includes(auth.tokens[0]!.sha256)));
  assert.equal(await statusFor(program, "/relay"), 401);
  assert.equal(await statusFor(program, "/relay", "Bearer one"), 200);

  const refusals = await controller.read("auth:\n  mode: tokn\n", REFUSED);
  const problem = refusals.find(({ message }) => REFUSED.test(message))?.["problem"];
  assert.match(
    String(problem),
    /config\.yaml:2:9: auth\.mode: found "tokn" \(did you mean token\?/,
  );
  assert.equal(await statusFor(program, "/relay"), 401);

  const slow = { ...next, server: { ...next.server, request_burst: 1 } };
  await controller.read(JSON.stringify(slow), READ);
  const asked = await Promise.all(Array.from({ length: 20 }, () => statusFor(program, "/health")));
  assert.ok(asked.includes(429), `${asked}`);
});
