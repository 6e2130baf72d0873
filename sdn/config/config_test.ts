import assert from "node:assert/strict";
import {
  configReport,
  formatAddress,
  isLoopback,
  loadConfig,
  parseAddress,
  parseCommand,
  reachable,
} from "@qumo/shared/runtime";
import { DEFAULTS, sdnDefinition } from "./definition.ts";

async function load(text: string, environment: Record<string, string> = {}) {
  return await loadConfig(sdnDefinition, {
    file: { name: "sdn.yaml", text },
    environment,
    flags: [],
  });
}

async function problems(
  text: string,
  environment: Record<string, string> = {},
): Promise<readonly string[]> {
  const loaded = await load(text, environment);
  return loaded.ok ? [] : loaded.refusal;
}

Deno.test("configs/sdn.yaml is every key with its default", async () => {
  const path = new URL("../../configs/sdn.yaml", import.meta.url);
  const loaded = await load(await Deno.readTextFile(path));
  assert.ok(loaded.ok, JSON.stringify(!loaded.ok && loaded.refusal));
  assert.deepEqual(loaded.value.value, DEFAULTS);
  for (const [key, origin] of loaded.value.origins) assert.equal(origin.from, "file", key);
});

Deno.test("upstream's configuration is understood", async () => {
  const loaded = await load(`graph:
  listen_addr: "127.0.0.1:9000"
  data_dir: ./data
  peer_url: http://other:8090
  sync_interval_sec: 5
  node_ttl_sec: 12.5
`);
  assert.ok(loaded.ok, JSON.stringify(!loaded.ok && loaded.refusal));
  const { server, graph } = loaded.value.value;
  assert.equal(server.address, "127.0.0.1:9000");
  assert.deepEqual(
    [graph.dataDir, graph.peerUrl, graph.syncIntervalSec, graph.nodeTtlSec],
    ["./data", "http://other:8090", 5, 12.5],
  );
});

Deno.test("the container's variables win over the file", async () => {
  const loaded = await load("graph:\n  node_ttl_sec: 5\n", {
    SDN_ADDR: "127.0.0.1:1",
    NODE_TTL_SEC: "7",
    DATA_DIR: "/data",
    PEER_URL: "http://peer:1",
    SYNC_INTERVAL: "3",
    QUMO_SDN_WATCH_HISTORY: "9",
  });
  assert.ok(loaded.ok);
  const { server, graph, watch } = loaded.value.value;
  assert.deepEqual(
    [server.address, graph.nodeTtlSec, graph.dataDir, graph.peerUrl, graph.syncIntervalSec],
    ["127.0.0.1:1", 7, "/data", "http://peer:1", 3],
  );
  assert.equal(watch.history, 9);
});

Deno.test("INSECURE lets in everyone who can reach the controller", async () => {
  const loaded = await load("auth:\n  mode: loopback\n", { SDN_ADDR: ":8090", INSECURE: "true" });
  assert.ok(loaded.ok, JSON.stringify(!loaded.ok && loaded.refusal));
  assert.equal(loaded.value.value.auth.mode, "open");
  assert.match(configReport(loaded.value), /^auth\.mode +open +environment INSECURE$/m);
  assert.match(
    (await problems("", { SDN_ADDR: ":8090", INSECURE: "false" })).join(),
    /without access control/,
  );
});

Deno.test("what cannot be is refused with its place", async () => {
  for (
    const [text, expected] of [
      [
        "server:\n  address: ':8090'\n",
        /sdn\.yaml:2:.*server\.address: refusing to listen on :8090/,
      ],
      ["server:\n  address: example.com:1\n", /allowed an IP address and a port/],
      ["auth:\n  mode: token\n", /auth\.tokens: mode token needs/],
      [
        "auth:\n  mode: token\n  tokens:\n    - {role: read}\n",
        /sdn\.yaml:4:7: auth\.tokens\.0: found a map, allowed one of `sha256` and `token_file`/,
      ],
      [
        "auth:\n  tokens:\n    - {role: admin, token: hunter2}\n",
        /0: found a map, allowed one of `sha256` and .*\n.*tokens\.0\.token: found an unknown key \(did you mean token_file\?\), allowed role, relay, sha256/,
      ],
      ["auth:\n  tokens:\n    - {rle: admin, token_file: x}\n", /tokens\.0\.rle: .*mean role\?/],
      [
        "auth:\n  tokens: [hunter2]\n",
        /auth\.tokens\.0: found a text that is not shown, allowed a/,
      ],
      ["auth:\n  mode: tokn\n", /auth\.mode: found "tokn" \(did you mean token\?\)/],
      ["graph:\n  peers: ['http://u:hunter2@a']\n", /graph\.peers\.0: found "http:\/\/\*\*\*@a"/],
      ["etcd:\n  timeout_ms: 2parsecs\n", /etcd\.timeout_ms: .* or a text like 10s/],
      ["auth:\n  tokens:\n    - {role: king, sha256: ''}\n", /auth\.tokens\.0\.role: .*admin/],
      [
        "auth:\n  tokens:\n    - {role: admin, token_file: x, relay: a}\n",
        /only allowed with the role relay/,
      ],
      [
        "graph: { peers: ['http://a'], node_ttl_sec: 15, sync_interval_sec: 10 }\n",
        /graph\.sync_interval_sec: must be at most half of `graph\.node_ttl_sec`/,
      ],
      [
        "server:\n  cert_file: a.pem\n",
        /server\.cert_file: a certificate needs its key: write `server\.key_file`/,
      ],
      ["graph:\n  tombstone_ttl_sec: 100\n", /at least twice/],
      ["store: redis\n", /store: .*etcd/],
      ["store: sqlite\n", /graph\.data_dir: `store: sqlite` needs a folder/],
      ["store: etcd\n", /etcd\.endpoints: `store: etcd` needs at least one URL/],
      ["etcd:\n  prefix: qumo\n", /etcd\.prefix: .*a text that ends with \//],
      [
        "etcd:\n  key_file: a.pem\n",
        /etcd\.key_file: a key needs its certificate: write `etcd\.cert_file`/,
      ],
      ["etcd:\n  user: sdn\n", /etcd\.user: a user and the file with its password/],
      [
        "store: etcd\netcd:\n  endpoints: [http://e:1]\ngraph:\n  peers: [http://a]\n",
        /graph\.peers: controllers on one etcd tell each other all that is kept/,
      ],
      ["graph:\n  peers: [ftp://a]\n", /graph\.peers\.0: .*http/],
      ["graph:\n  node_ttl: 1\n", /node_ttl/],
    ] as const
  ) {
    const told = (await problems(text)).join("\n");
    assert.match(told, expected, text);
    assert.doesNotMatch(told, /hunter2/);
  }
  assert.deepEqual(await problems("server:\n  address: ':8090'\nauth:\n  mode: open\n"), []);
});

Deno.test("durations may be written with their unit, and check prints no token's hash", async () => {
  const loaded = await load(
    `graph: {node_ttl_sec: 2m, hold_ms: 5s}\nauth: {tokens: [{role: read, sha256: ${
      "a".repeat(64)
    }}]}`,
  );
  assert.ok(loaded.ok, JSON.stringify(!loaded.ok && loaded.refusal));
  const { nodeTtlSec, holdMs } = loaded.value.value.graph;
  assert.deepEqual([nodeTtlSec, holdMs], [120, 5000]);
  assert.doesNotMatch(configReport(loaded.value), /aaa/);
});

Deno.test("check prints every value in force and where it comes from", async () => {
  const loaded = await load("graph:\n  node_ttl_sec: 5\n", { DATA_DIR: "/data" });
  assert.ok(loaded.ok);
  const report = configReport(loaded.value);
  assert.match(report, /^graph\.node_ttl_sec +5 +sdn\.yaml:2$/m);
  assert.match(report, /^graph\.data_dir +\/data +environment DATA_DIR$/m);
  assert.match(report, /^graph\.weights\.rtt +1 +default$/m);
});

Deno.test("parseCommand() understands each command and upstream's -config", () => {
  const parse = (...args: string[]) => {
    const parsed = parseCommand(args);
    return parsed.ok ? [parsed.value.name, parsed.value.configFile, parsed.value.url] : parsed;
  };
  assert.deepEqual(parse(), ["serve", undefined, undefined]);
  for (const flag of ["-c", "--config", "-config"]) {
    assert.deepEqual(parse("serve", flag, "x.yaml"), ["serve", "x.yaml", undefined]);
  }
  assert.deepEqual(parse("health", "http://a"), ["health", undefined, "http://a"]);
  assert.deepEqual(parse("-v"), ["version", undefined, undefined]);
  assert.deepEqual(parse("--help"), ["help", undefined, undefined]);
  for (const args of [["servr"], ["serve", "x"], ["--colour"], ["health", "a", "b"]]) {
    assert.equal(parseCommand(args).ok, false, args.join(" "));
  }
});

Deno.test("parseAddress() reads addresses and no names", () => {
  assert.deepEqual(parseAddress(":1"), { hostname: "0.0.0.0", port: 1 });
  assert.deepEqual(parseAddress("[::1]:1"), { hostname: "::1", port: 1 });
  assert.deepEqual(parseAddress("localhost:65535"), { hostname: "127.0.0.1", port: 65535 });
  for (const text of ["", "1", "a:1", "::1:1", "1.2.3.4:65536", "[1.2.3.4]:1", "1.2.3.4:"]) {
    assert.equal(parseAddress(text), undefined, text);
  }
  assert.equal(formatAddress({ hostname: "::1", port: 1 }), "[::1]:1");
  assert.equal(isLoopback({ hostname: "127.0.0.2", port: 1 }), true);
  assert.equal(isLoopback({ hostname: "0.0.0.0", port: 1 }), false);
  assert.deepEqual(reachable({ hostname: "::", port: 1 }), { hostname: "::1", port: 1 });
});
