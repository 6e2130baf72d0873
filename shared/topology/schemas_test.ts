import assert from "node:assert/strict";
import { announcesDigest } from "./announces_digest.ts";
import {
  MAX_ANNOUNCES_PER_RELAY,
  MAX_FLOW_BYTES_PER_RELAY,
  MAX_FLOWS_PER_RELAY,
  MAX_NEIGHBORS,
  MAX_RELAY_NAME_BYTES,
} from "./limits.ts";
import { refusalCodes } from "./refusals.ts";
import { relayNameFault } from "./relay_name.ts";
import { registrationSchema } from "./schemas.ts";

const faults = (body: unknown) =>
  registrationSchema.safeParse(body).error?.issues.map((issue) => issue.path.join(".")) ?? [];

Deno.test("relayNameFault() accepts whatever one path segment can carry", () => {
  for (
    const name of [
      "tokyo",
      "a/b",
      "a b",
      "\u6771\u4eac",
      "%",
      "..x",
      "\u0645\u06cc\u200c\u062e\u0648",
      "\u2708\ufe0f",
      "constructor",
    ]
  ) {
    assert.equal(relayNameFault(name), undefined, JSON.stringify(name));
  }
  assert.equal(relayNameFault("x".repeat(MAX_RELAY_NAME_BYTES)), undefined);
});

Deno.test("relayNameFault() refuses what a path segment or a JSON key loses", () => {
  const long = "\u00e9".repeat(MAX_RELAY_NAME_BYTES / 2 + 1);
  for (const name of ["", ".", "..", "__proto__", "\ud800", long]) {
    assert.notEqual(relayNameFault(name), undefined, JSON.stringify(name));
  }
});

Deno.test("relayNameFault() refuses names that people take for something else", () => {
  for (
    const name of [
      "x/drain",
      "a/x/undrain",
      "\u202eoykot",
      "a\u0000",
      "a\nb",
      "a\u2028",
      "a\u200bb",
      "to\u00adkyo",
      "to\u200ckyo",
      "tokyo\u200d",
      "tokyo\ufe0f",
      "tokyo\u3164",
      "tokyo\u2800",
      "tokyo ",
      " tokyo",
      "to\u00a0kyo",
    ]
  ) {
    assert.notEqual(relayNameFault(name), undefined, JSON.stringify(name));
  }
  assert.equal(relayNameFault("drain"), undefined);
});

Deno.test("registrationSchema accepts upstream's body and every field of ours", () => {
  assert.deepEqual(faults({ address: "", neighbors: { london: 250 }, region: "" }), []);
  assert.deepEqual(faults({ neighbors: null }), []);
  assert.deepEqual(
    faults({
      epoch: 1,
      seq: 2,
      links: { london: { cost: 0, rtt_ms: 1.5, loss: 0.01, up: true } },
      load: { sessions: 1, subscriptions: 2, egress_bps: 3.5, cpu: 1 },
      certificate_sha256: "0".repeat(64),
      announces: ["live/a"],
      announces_digest: "f".repeat(64),
      draining: false,
      flows: [{ track: "live/a/~/video", next_hop: "london", source: "paris" }],
    }),
    [],
  );
});

const flow = { track: "a", next_hop: "b", source: "c" };

Deno.test("registrationSchema names the path of what it refuses", () => {
  for (
    const [body, path] of [
      [{ links: { a: { cost: -1 } } }, "links.a.cost"],
      [{ links: { a: { rtt_ms: "1" } } }, "links.a.rtt_ms"],
      [{ links: { "": {} } }, "links."],
      [{ links: { a: { color: 1 } } }, "links.a"],
      [{ neighbors: { a: null } }, "neighbors.a"],
      [{ neighbors: { a: 1e300 } }, "neighbors.a"],
      [{ announces: ["ok", "a//b"] }, "announces.1"],
      [{ announces: ["/"] }, "announces.0"],
      [{ load: { cpu: 1.01 } }, "load.cpu"],
      [{ epoch: 1.5 }, "epoch"],
      [{ epoch: 2 ** 60 }, "epoch"],
      [{ seq: 2 ** 52 + 1 }, "seq"],
      [{ flows: [{ track: "a", next_hop: "b" }] }, "flows.0.source"],
      [{ flows: [{ track: "a//b", next_hop: "b", source: "c" }] }, "flows.0.track"],
      [{ flows: Array(MAX_FLOWS_PER_RELAY + 1).fill(flow) }, "flows"],
      [{ certificate_sha256: "AB" }, "certificate_sha256"],
      [{ colour: 1 }, ""],
      [[], ""],
      [null, ""],
    ] as const
  ) {
    assert.deepEqual(faults(body), [path], JSON.stringify(body));
  }
  const crowd = Object.fromEntries(Array.from({ length: MAX_NEIGHBORS + 1 }, (_, i) => [i, 1]));
  assert.deepEqual(faults({ neighbors: crowd }), ["neighbors"]);
});

Deno.test("lists that are too long are refused before a text of them is read", () => {
  const unreadable = "a//b";
  const long = (bytes: number) => Array(9).fill("%".repeat(bytes / 8));
  for (
    const [body, path] of [
      [{ announces: Array(MAX_ANNOUNCES_PER_RELAY + 1).fill(unreadable) }, "announces"],
      [{ flows: Array(MAX_FLOWS_PER_RELAY + 1).fill({ ...flow, track: unreadable }) }, "flows"],
      [
        { flows: long(MAX_FLOW_BYTES_PER_RELAY).map((track) => ({ ...flow, track })) },
        "flows",
      ],
    ] as const
  ) assert.deepEqual(faults(body), [path]);
});

Deno.test("registrationSchema reads announces into their canonical text", () => {
  assert.deepEqual(registrationSchema.parse({ announces: ["/live/%61"] }).announces, ["live/a"]);
});

Deno.test("announcesDigest() depends on the set alone, not on its order", () => {
  assert.equal(announcesDigest(["b", "a"]), announcesDigest(new Set(["a", "b"])));
  assert.notEqual(announcesDigest(["a", "b"]), announcesDigest(["ab"]));
  assert.equal(
    announcesDigest([]),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("refusal codes are pinned", () => {
  assert.equal(new Set(refusalCodes).size, refusalCodes.length);
  assert.deepEqual(refusalCodes.filter((code) => code.startsWith("stale")), [
    "stale_epoch",
    "stale_sequence",
  ]);
});
