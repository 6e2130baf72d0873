import assert from "node:assert/strict";
import { loadConfig, originText } from "@qumo/shared/runtime";
import { configReport, configWarnings, DEFAULTS } from "./config.ts";
import { relayDefinition } from "./config/definition.ts";

const EXAMPLE = new URL("../configs/relay.yaml", import.meta.url);

function load(text = "", environment: Record<string, string> = {}) {
  return loadConfig(relayDefinition, {
    file: { name: "relay.yaml", text },
    environment: (name) => environment[name],
    flags: [],
  });
}

function loaded(text = "", environment: Record<string, string> = {}) {
  const result = load(text, environment);
  assert.ok(result.ok, result.ok ? "" : result.refusal.join("\n"));
  return result.value;
}

function problems(text = "", environment: Record<string, string> = {}): readonly string[] {
  const result = load(text, environment);
  assert.ok(!result.ok);
  return result.refusal;
}

Deno.test("configs/relay.yaml says every key with its default", async () => {
  const { value, origins } = loaded(await Deno.readTextFile(EXAMPLE));
  assert.deepEqual(value, DEFAULTS);
  const missing = Array.from(origins).filter(([, origin]) => origin.from !== "file");
  assert.deepEqual(missing, []);
});

Deno.test("the relay's configuration is valid with nothing written", () => {
  assert.deepEqual(loaded().value, DEFAULTS);
});

Deno.test("a configuration of before works, or says exactly what changed", () => {
  const before = `server:
  address: "0.0.0.0:4433"
  cert_file: certs/server.crt
  key_file: certs/server.key
  health_check_addr: ":8080"
relay:
  node_id: relay-tokyo-1
  region: asia
  group_cache_size: 50
  frame_capacity: 1500
sdn:
  url: http://localhost:8090
`;
  assert.deepEqual(problems(before), [
    "relay.yaml:5:3: server.health_check_addr: health is at /health on the TCP port of " +
    "server.address: remove this key",
    "relay.yaml:10:3: relay.frame_capacity: there is no frame pool to size: remove this key; " +
    "limits.max_object_bytes bounds an object",
    "relay.yaml:11:1: sdn: the connection to a controller is not available yet: remove this " +
    "section; sdn.relay_name is now relay.node_id",
  ]);
  const now = before.replace(/ {2}(health|frame).*\n/g, "").replace(/sdn:[^]*/, "");
  assert.equal(problems(now).length, 1);
  const { value } = loaded(`${now}auth: {mode: open}\n`);
  assert.equal(value.cache.maxGroupsPerTrack, 50);
  assert.equal(value.relay.nodeId, "relay-tokyo-1");
});

Deno.test("listening beyond loopback needs a word about who may come in", () => {
  for (const address of ["0.0.0.0:4433", "[::]:4433", ":4433", "192.168.1.5:4433"]) {
    const [line, ...more] = problems(`server:\n  address: "${address}"`);
    assert.deepEqual(more, []);
    assert.match(line!, /^relay\.yaml:2:12: server\.address: .*write `auth: \{mode: open\}`/);
    loaded(`server: {address: "${address}"}\nauth: {mode: open}`);
  }
  assert.match(problems("", { RELAY_ADDR: "0.0.0.0:1" })[0]!, /^RELAY_ADDR: server\.address: /);
});

Deno.test("INSECURE=true is a made certificate and open doors, with a warning", () => {
  const config = loaded("server: {cert_file: a, key_file: b}", {
    RELAY_ADDR: "0.0.0.0:4433",
    INSECURE: "true",
  });
  assert.equal(config.value.server.certFile, "");
  assert.equal(config.value.server.keyFile, "");
  assert.equal(config.value.auth.mode, "open");
  assert.match(configWarnings(config).join(), /^INSECURE=true/);
  assert.deepEqual(configWarnings(loaded()), []);
  assert.match(configWarnings(loaded("auth: {mode: open}")).join(), /^auth\.mode is open/);
});

Deno.test("the container's variables override the file", () => {
  const { value, origins } = loaded("relay: {node_id: a}\ncache: {max_age_ms: 5000}", {
    RELAY_ADDR: "127.0.0.1:5000",
    CERT_FILE: "/c.pem",
    KEY_FILE: "/k.pem",
    GROUP_CACHE_SIZE: "7",
    RELAY_NAME: "relay-1",
    REGION: "eu",
    QUMO_CACHE_MAX_AGE_MS: "6000",
    QUMO_SERVER_ALLOWED_ORIGINS: "https://a.example, https://b.example",
  });
  assert.deepEqual(value, {
    ...DEFAULTS,
    server: {
      ...DEFAULTS.server,
      address: "127.0.0.1:5000",
      certFile: "/c.pem",
      keyFile: "/k.pem",
      allowedOrigins: ["https://a.example", "https://b.example"],
    },
    relay: { ...DEFAULTS.relay, nodeId: "relay-1", region: "eu" },
    cache: { ...DEFAULTS.cache, maxGroupsPerTrack: 7, maxAgeMs: 6000 },
  });
  assert.equal(
    originText(origins.get("cache.max_groups_per_track")!),
    "environment GROUP_CACHE_SIZE",
  );
});

Deno.test("variables that mean nothing here say so", () => {
  assert.deepEqual(problems("", { SDN_URL: "http://x", FRAME_CAPACITY: "1500" }), [
    "FRAME_CAPACITY: there is no frame pool to size: unset it",
    "SDN_URL: the connection to a controller is not available yet: unset it",
  ]);
});

Deno.test("values that do not go together are refused at their place", () => {
  for (
    const [text, line] of [
      ["server: {cert_file: a}", /server\.cert_file: a certificate needs its key/],
      ["server: {key_file: a}", /server\.key_file: a key needs its certificate/],
      ["server: {keep_alive_ms: 10000}", /server\.keep_alive_ms: 10000 keeps nothing alive/],
      ["cache: {max_bytes: 2000000}", /cache\.max_track_bytes: one track/],
      ["limits: {max_object_bytes: 40000000}", /limits\.max_object_bytes: an object must fit/],
      [
        "server: {allowed_origins: ['https://a.example/']}",
        /allowed_origins\.0: .*allowed \* or an/,
      ],
      ["server: {address: 'example.com:4433'}", /allowed an IP address and a port/],
      ["relay: {node_id: 'a b'}", /allowed at most 128 letters/],
    ] as const
  ) assert.match(problems(text).join("\n"), line);
});

Deno.test("configReport() prints every value with where it comes from", () => {
  const lines = configReport(loaded("log: {level: debug}", { RELAY_ADDR: ":1", INSECURE: "true" }))
    .trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.equal(lines.length, loaded().origins.size);
  assert.deepEqual(lines.slice(0, 2), [
    ["server.address", ":1", "environment RELAY_ADDR"],
    ["server.cert_file", '""', "environment INSECURE"],
  ]);
  assert.ok(lines.some((line) => line.join(" ") === "log.level debug relay.yaml:1"));
  assert.ok(lines.some((line) => line.join(" ") === "drain_timeout_ms 10000 default"));
});
