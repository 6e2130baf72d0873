import assert from "node:assert/strict";
import { configReport, loadConfig, originText } from "@qumo/shared/runtime";
import { configWarnings, DEFAULTS } from "./config.ts";
import { relayDefinition } from "./config/definition.ts";

const EXAMPLE = new URL("../configs/relay.yaml", import.meta.url);

async function load(text = "", environment: Record<string, string> = {}) {
  return await loadConfig(relayDefinition, {
    file: { name: "relay.yaml", text },
    environment,
    flags: [],
  });
}

async function loaded(text = "", environment: Record<string, string> = {}) {
  const result = await load(text, environment);
  assert.ok(result.ok, result.ok ? "" : result.refusal.join("\n"));
  return result.value;
}

async function problems(
  text = "",
  environment: Record<string, string> = {},
): Promise<readonly string[]> {
  const result = await load(text, environment);
  assert.ok(!result.ok);
  return result.refusal;
}

Deno.test("configs/relay.yaml says every key with its default", async () => {
  const { value, origins } = await loaded(await Deno.readTextFile(EXAMPLE));
  assert.deepEqual(value, DEFAULTS);
  const missing = Array.from(origins).filter(([, origin]) => origin.from !== "file");
  assert.deepEqual(missing, []);
});

Deno.test("the relay's configuration is valid with nothing written", async () => {
  assert.deepEqual((await loaded()).value, DEFAULTS);
});

Deno.test("a configuration of the Go relay works as it is, and says what does nothing any more", async () => {
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
  // Who may come in was never said there, except by the variable of its container.
  assert.match((await problems(before)).join(), /relay\.yaml:2:12: server\.address: .*auth/);
  const { value, warnings } = await loaded(before, { INSECURE: "true", FRAME_CAPACITY: "1500" });
  assert.deepEqual(warnings, [
    "relay.yaml:5:3: server.health_check_addr: ignored: health is at /health on the TCP port of " +
    "server.address; remove this key",
    "relay.yaml:10:3: relay.frame_capacity: ignored: there is no frame pool to size, " +
    "limits.max_object_bytes bounds an object; remove this key",
    "FRAME_CAPACITY: ignored: there is no frame pool to size, QUMO_LIMITS_MAX_OBJECT_BYTES bounds " +
    "an object; unset it",
  ]);
  assert.equal(value.cache.maxGroupsPerTrack, 50);
  assert.equal(value.relay.nodeId, "relay-tokyo-1");
  assert.deepEqual(value.sdn.urls, ["http://localhost:8090"]);
});

Deno.test("a controller's section of before works", async () => {
  const { value, origins } = await loaded(`sdn:
  url: http://localhost:8090
  relay_name: relay-tokyo-1
  region: asia
  heartbeat_interval_sec: 15
  address: https://tokyo.example:4433
  neighbors:
    relay-london-1: 250
    relay-Paris: 80.5
  tls: {cert_file: c.pem, key_file: k.pem, ca_file: ca.pem}
`);
  assert.deepEqual(value.sdn, {
    ...DEFAULTS.sdn,
    urls: ["http://localhost:8090"],
    relayName: "relay-tokyo-1",
    heartbeatIntervalSec: 15,
    address: "https://tokyo.example:4433",
    neighbors: new Map([["relay-london-1", 250], ["relay-Paris", 80.5]]),
    tls: { certFile: "c.pem", keyFile: "k.pem", caFile: "ca.pem" },
  });
  assert.equal(value.relay.region, "asia");
  assert.equal(originText(origins.get("sdn.urls")!), "relay.yaml:2");
  assert.equal(originText(origins.get("relay.region")!), "relay.yaml:4");
  const both = "relay: {region: asia}\nsdn: {region: asia}\n";
  assert.equal((await loaded(both)).value.relay.region, "asia");
  assert.equal((await loaded(both.split("\n").reverse().join("\n"))).value.relay.region, "asia");
  const different = await loaded(both.replace("asia", "eu"));
  assert.equal(different.value.relay.region, "eu");
  assert.deepEqual(different.warnings, [
    "relay.yaml:2:7: sdn.region: ignored, because relay.region is written as well",
  ]);
  assert.match(
    (await problems("relay: {region: asia, region: asia}"))[0]!,
    /^relay\.yaml:1:23: relay\.region: found a second time, allowed once/,
  );
  const urls = await loaded("sdn:\n  url: http://a\n  urls: [http://b]");
  assert.deepEqual(urls.value.sdn.urls, ["http://b"]);
  assert.match(urls.warnings.join(), /^relay\.yaml:2:3: sdn\.url: ignored/);
});

Deno.test("controllers may be one text or a list", async () => {
  const urls = async (text: string) => (await loaded(text)).value.sdn.urls;
  assert.deepEqual(await urls("sdn: {url: ''}"), []);
  assert.deepEqual(await urls("sdn: {urls: http://a:1}"), ["http://a:1"]);
  assert.deepEqual(await urls("sdn: {urls: ['http://a:1', 'https://b/']}"), [
    "http://a:1",
    "https://b/",
  ]);
});

Deno.test("listening beyond loopback needs access control", async () => {
  for (const address of ["0.0.0.0:4433", "[::]:4433", ":4433", "192.168.1.5:4433"]) {
    const [line, ...more] = await problems(`server:\n  address: "${address}"`);
    assert.deepEqual(more, []);
    assert.match(line!, /^relay\.yaml:2:12: server\.address: .*set `auth\.mode: open`/);
    await loaded(`server: {address: "${address}"}\nauth: {mode: open}`);
  }
  assert.match(
    (await problems("", { RELAY_ADDR: "0.0.0.0:1" }))[0]!,
    /^RELAY_ADDR: server\.address: /,
  );
});

Deno.test("protocols are a list of what is spoken, and nothing else", async () => {
  const { value } = await loaded("server: {protocols: [moqt-18, auto]}");
  assert.deepEqual(value.server.protocols, ["moqt-18", "auto"]);
  const variable = await loaded("", { QUMO_SERVER_PROTOCOLS: "moqt-18" });
  assert.deepEqual(variable.value.server.protocols, ["moqt-18"]);
  const cases: [string, RegExp][] = [
    [
      "server:\n  protocols: [auto, moqt-188]",
      /^relay\.yaml:2:21: server\.protocols\.1: found "moqt-188" \(did you mean moqt-18\?\), allowed auto, moqt-/,
    ],
    ["server: {protocols: []}", /^relay\.yaml:1:21: server\.protocols: .*name a protocol/],
    ["server: {protocols: [auto, auto]}", /:21: server\.protocols: auto is in the list twice/],
    [
      "ops: {details: open, tokens: [{token_file: /t}]}",
      /:16: ops\.details: open shows everything without a token/,
    ],
    [
      "ops: {tokens: [{}]}",
      /ops\.tokens\.0: found a map, allowed one of `sha256` and `token_file`/,
    ],
  ];
  for (const [text, line] of cases) assert.match((await problems(text)).join("\n"), line);
});

Deno.test("INSECURE=true is a made certificate and open doors, with a warning", async () => {
  const config = await loaded("server: {cert_file: a, key_file: b}", {
    RELAY_ADDR: "0.0.0.0:4433",
    INSECURE: "true",
  });
  assert.equal(config.value.server.certFile, "");
  assert.equal(config.value.server.keyFile, "");
  assert.equal(config.value.auth.mode, "open");
  assert.match(configWarnings(config).join(), /^INSECURE=true/);
  assert.deepEqual(configWarnings(await loaded()), []);
  assert.match(configWarnings(await loaded("auth: {mode: open}")).join(), /^auth\.mode is open/);
});

Deno.test("the container's variables override the file", async () => {
  const { value, origins } = await loaded("relay: {node_id: a}\ncache: {max_age_ms: 5000}", {
    RELAY_ADDR: "127.0.0.1:5000",
    CERT_FILE: "/c.pem",
    KEY_FILE: "/k.pem",
    GROUP_CACHE_SIZE: "7",
    RELAY_NAME: "relay-1",
    REGION: "eu",
    QUMO_CACHE_MAX_AGE_MS: "6000",
    QUMO_SERVER_ALLOWED_ORIGINS: "https://a.example, https://b.example",
    SDN_URL: "http://sdn-1:8090,http://sdn-2:8090",
    RELAY_MOQT_ADDR: "https://relay-1:4433",
    NEIGHBORS: "london:250, eu:paris:80.5",
    HEARTBEAT_INTERVAL: "12.5",
    QUMO_UPSTREAM: "moqt://origin:4433",
    QUMO_MESH_INSECURE: "true",
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
    sdn: {
      ...DEFAULTS.sdn,
      urls: ["http://sdn-1:8090", "http://sdn-2:8090"],
      relayName: "relay-1",
      address: "https://relay-1:4433",
      neighbors: new Map([["london", 250], ["eu:paris", 80.5]]),
      heartbeatIntervalSec: 12.5,
    },
    upstream: ["moqt://origin:4433"],
    mesh: { ...DEFAULTS.mesh, insecure: true },
  });
  assert.equal(
    originText(origins.get("cache.max_groups_per_track")!),
    "environment GROUP_CACHE_SIZE",
  );
});

Deno.test("the controller's variables are its own: former names of the relay's say what to write", async () => {
  const { value, warnings } = await loaded("", {
    QUMO_SDN_URLS: "http://old:1",
    QUMO_CONTROLLER_URLS: "http://new:1",
    QUMO_SDN_TLS_CA_FILE: "/ca.pem",
    QUMO_SDN_GRAPH_NODE_TTL_SEC: "5",
    QUMO_SDN_TOKENFILE: "/t",
    QUMO_CONTROLER_TOKEN_FILE: "/t",
  });
  assert.deepEqual(value.sdn.urls, ["http://new:1"]);
  assert.equal(value.sdn.tls.caFile, "/ca.pem");
  assert.deepEqual(warnings, [
    "QUMO_SDN_URLS: a former name: write QUMO_CONTROLLER_URLS",
    "QUMO_SDN_TLS_CA_FILE: a former name: write QUMO_CONTROLLER_TLS_CA_FILE",
    "QUMO_CONTROLER_TOKEN_FILE: ignored, there is no such variable " +
    "(did you mean QUMO_CONTROLLER_TOKEN_FILE?)",
    "QUMO_SDN_TOKENFILE: ignored, there is no such variable " +
    "(did you mean QUMO_CONTROLLER_TOKEN_FILE?)",
  ]);
});

Deno.test("durations and sizes may be written with their unit, in the file and in variables", async () => {
  const { value } = await loaded(
    "cache: {max_bytes: 512MiB, max_age_ms: 1m}\nsdn: {heartbeat_interval_sec: 500ms}\n" +
      "mesh: {link_timeout_ms: 1s}\nlimits: {max_object_bytes: 4MiB}\ndrain_timeout_ms: 20s\n",
    { QUMO_CACHE_MAX_TRACK_BYTES: "8MiB", QUMO_SERVER_IDLE_TIMEOUT_MS: "15s" },
  );
  assert.deepEqual(
    [value.cache.maxBytes, value.cache.maxAgeMs, value.sdn.heartbeatIntervalSec],
    [536_870_912, 60_000, 0.5],
  );
  assert.deepEqual(
    [value.mesh.linkTimeoutMs, value.limits.maxObjectBytes, value.drainTimeoutMs],
    [1000, 4_194_304, 20_000],
  );
  assert.deepEqual([value.cache.maxTrackBytes, value.server.idleTimeoutMs], [8_388_608, 15_000]);
  assert.match(
    (await problems("drain_timeout_ms: 10 parsecs"))[0]!,
    /^relay\.yaml:1:19: drain_timeout_ms: found "10 parsecs", allowed .* or a text like 10s$/,
  );
});

Deno.test("misspelt words are answered with the word that was meant", async () => {
  assert.match(
    (await problems("relay: {late_join: strct}"))[0]!,
    /"strct" \(did you mean strict\?\), a/,
  );
  assert.match(
    (await problems("relay: {publishers_by_namespace: {a/b: oldst}}"))[0]!,
    /a\/b: found "oldst" \(did you mean oldest\?\), allowed one of/,
  );
});

Deno.test("values that do not go together are refused at their place", async () => {
  for (
    const [text, line] of [
      ["server: {cert_file: a}", /server\.cert_file: a certificate needs its key/],
      ["server: {key_file: a}", /server\.key_file: a key needs its certificate/],
      ["server: {keep_alive_ms: 10000}", /server\.keep_alive_ms: 10000 keeps no connection alive/],
      ["cache: {max_bytes: 2000000}", /cache\.max_track_bytes: one track/],
      ["limits: {max_object_bytes: 40000000}", /limits\.max_object_bytes: an object must fit/],
      [
        "server: {allowed_origins: ['https://a.example/']}",
        /allowed_origins\.0: .*allowed auto, \* or an/,
      ],
      ["server: {address: 'example.com:4433'}", /allowed an IP address and a port/],
      ["relay: {node_id: 'a b'}", /allowed at most 128 letters/],
    ] as const
  ) assert.match((await problems(text)).join("\n"), line);
});

Deno.test("what cannot be of controllers, neighbors and links is refused at its place", async () => {
  for (
    const [text, line] of [
      [
        "sdn: {url: localhost:8090}",
        /^relay\.yaml:1:12: sdn\.urls: found "localhost:8090", allowed an http/,
      ],
      [
        "sdn:\n  urls: [http://a, ftp://b]",
        /^relay\.yaml:2:20: sdn\.urls\.1: found "ftp:\/\/b", al/,
      ],
      ["sdn: {url: 'http://a/api'}", /without a path/],
      [
        "sdn: {urls: [http://a], relay_name: 'x/drain'}",
        /sdn\.relay_name: found "x\/drain", allowed a relay's name/,
      ],
      [
        'sdn: {urls: [http://a], neighbors: {"\\u202eoykot": 1}}',
        /sdn\.neighbors.*this one has a character that cannot be seen/,
      ],
      [
        "sdn: {urls: [http://a], relay_name: '..'}",
        /sdn\.relay_name: found "\.\.", allowed a relay/,
      ],
      [
        "sdn: {urls: [http://a]}\nrelay: {node_id: ..}",
        /relay\.node_id: the name is a relative path/,
      ],
      ["sdn: {address: 'tokyo:4433'}", /sdn\.address: .*allowed moqt:\/\/host:port/],
      ["sdn: {address: 'moqt://tokyo/room'}", /sdn\.address: /],
      ["sdn: {heartbeat_interval_sec: 0}", /allowed a number from 0\.1 to 3600/],
      ["sdn: {stale_after_ms: 999}", /allowed an integer from 1000/],
      ["sdn: {tls: {cert_file: a}}", /sdn\.tls\.cert_file: a certificate needs its key/],
      ["sdn: {tls: {key_file: a}}", /sdn\.tls\.key_file: a key needs its certificate/],
      ["sdn: {neighbors: [a]}", /sdn\.neighbors: found a list, allowed a map of relays' names/],
      [
        "sdn:\n  neighbors:\n    London: 0",
        /^relay\.yaml:3:13: sdn\.neighbors\.London: found 0, allowed a cost above 0 and up to 10000000/,
      ],
      ["sdn: {neighbors: {a: x}}", /sdn\.neighbors\.a: found "x", allowed a cost/],
      ["sdn: {neighbors: {'..': 1}}", /sdn\.neighbors\.\.\.: .* this one is a relative path/],
      [
        "sdn:\n  neighbors: {a: 1}",
        /^relay\.yaml:2:14: sdn\.neighbors: neighbors are found through a controller: write `sdn\.urls`/,
      ],
      [
        "sdn: {url: http://a, relay_name: b, neighbors: {b: 1}}",
        /^relay\.yaml:1:52: sdn\.neighbors\.b: this is the relay's own name, by `sdn\.relay_name`/,
      ],
      [
        "relay: {node_id: b}\nsdn: {url: http://a, neighbors: {b: 1}}",
        /own name, by `relay\.node_/,
      ],
      [
        'upstream: ["moqt://origin:4433#sha256=12"]',
        /upstream\.0: .*sha256= and 64 hex digits/,
      ],
      ...["moqt-16", "moqt-18+moqt-18", "moq-lite-02", "", "moqt-18&protocols=moqt-20"].map((
        list,
      ): [string, RegExp] => [
        `upstream: ["moqt://origin:4433#protocols=${list}"]`,
        /upstream\.0: .*protocols of links in order of preference, like moqt-18\+moqt-22/,
      ]),
      ["upstream: [origin:4433]", /^relay\.yaml:1:12: upstream\.0: .*allowed moqt:\/\/host:port/],
      [
        "mesh: {ping_interval_ms: 600}",
        /mesh\.link_timeout_ms: 600 is over before a link can answer/,
      ],
      ["mesh: {insecure: true, ca_file: a}", /mesh\.insecure: `mesh\.ca_file` verifies neighbors/],
    ] as const
  ) assert.match((await problems(text)).join("\n"), line, text);
  for (
    const [value, allowed] of [["a", "a map"], ["a:0", "a cost above 0"], ["a:1,a:2", "a map"]]
  ) {
    const [line] = await problems("", { SDN_URL: "http://a", NEIGHBORS: value! });
    assert.ok(
      line!.startsWith(`NEIGHBORS: sdn.neighbors: found "${value}", allowed ${allowed}`),
      line,
    );
  }
});

Deno.test("a relay that others cannot call, or that believes everyone, says so", async () => {
  const warnings = async (text: string) => configWarnings(await loaded(text));
  const everywhere = "server: {address: ':4433'}\nauth: {mode: open}\n";
  assert.match((await warnings(`${everywhere}sdn: {url: http://a}`))[1]!, /write `sdn\.address`/);
  assert.equal(
    (await warnings(`${everywhere}sdn: {url: http://a, address: moqt://a:1}`)).length,
    1,
  );
  assert.deepEqual(await warnings("sdn: {url: http://a}"), []);
  assert.match((await warnings("mesh: {insecure: true}")).join(), /^mesh\.insecure is true/);
});

Deno.test("configReport() prints every value with where it comes from", async () => {
  const lines = configReport(
    await loaded("log: {level: debug}", { RELAY_ADDR: ":1", INSECURE: "true" }),
  )
    .trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.equal(lines.length, (await loaded()).origins.size);
  assert.deepEqual(lines.slice(0, 2), [
    ["server.address", ":1", "environment RELAY_ADDR"],
    ["server.cert_file", '""', "environment INSECURE"],
  ]);
  assert.ok(lines.some((line) => line.join(" ") === "log.level debug relay.yaml:1"));
  assert.ok(lines.some((line) => line.join(" ") === "drain_timeout_ms 10000 default"));
  const mesh = configReport(
    await loaded("sdn: {url: http://a, neighbors: {b: 1}}", { QUMO_UPSTREAM: "" }),
  );
  assert.match(mesh, /^sdn\.neighbors +\{"b":1\} +relay\.yaml:1$/m);
  assert.match(mesh, /^upstream +\[\] +default$/m);
});

Deno.test("a certificate by ACME needs accepted terms, a folder, and nothing else that gives one", async () => {
  const problems = async (text: string) => {
    const sources = { file: { name: "r.yaml", text }, environment: {}, flags: [] };
    const loaded = await loadConfig(relayDefinition, sources);
    return loaded.ok ? [] : loaded.refusal.map((line) => line.replace(/^r\.yaml:\d+:\d+: /, ""));
  };
  const whole = "acme: {domains: [a.example], terms_accepted: true, folder: /x}\n";
  assert.deepEqual(await problems(whole), []);
  assert.deepEqual(await problems("acme: {terms_accepted: false}\n"), []);
  const lone = await problems("acme: {domains: [a.example]}\n");
  assert.deepEqual(lone.map((line) => line.split(":")[0]).sort(), [
    "acme.folder",
    "acme.terms_accepted",
  ]);
  for (const more of ["server: {cert_file: c, key_file: k}\n", "host: {members: 2}\n"]) {
    assert.ok(
      (await problems(whole + more)).some((line) => line.startsWith("acme.domains:")),
      more,
    );
  }
  for (const name of ["*.example", "a..b", "-a.example", "1.2.3.4:80", "a b"]) {
    const wrong = await problems(whole.replace("a.example", `"${name}"`));
    assert.match(wrong.join(), /^acme\.domains\.0: found/, name);
  }
});
