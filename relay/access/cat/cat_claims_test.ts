import assert from "node:assert/strict";
import { bytesOf } from "../../../tests/support/worlds/cats.ts";
import { allows, type AskedName, type Right } from "../policy.ts";
import { type CatClaimed, readCatClaims } from "./cat_claims.ts";
import { readCbor } from "./strict_cbor.ts";

const SETTINGS = { audience: [], issuers: [], moqtClaim: 327, moqtRevalClaim: 328 };

function claimedOf(claims: unknown): CatClaimed {
  const read = readCatClaims(claims, SETTINGS);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

function may({ rules }: CatClaimed, right: Right, [namespace, track]: Name): boolean {
  const name: AskedName = { path: [], namespace: namespace.map(bytesOf), track: bytesOf(track) };
  const policy = { rules, holder: {} as never, until: Infinity, limits: {}, isRelay: false };
  return allows(policy, right, name);
}

type Name = [namespace: string[], track: string];

const b = bytesOf;
const PREFIX = 1;
const SUFFIX = 2;

/** The examples of the text (draft-ietf-moq-c4m, #moqt-claim), each with PUBLISH. */
const EXAMPLES: [what: string, scope: unknown[], permits: Name[], prohibits: Name[]][] = [
  ["an exact match", [[b("example"), b("com"), null], b("/bob")], [
    [["example", "com"], "/bob"],
  ], [
    [["example", "com"], ""],
    [["example", "com"], "/bob/123"],
    [["example", "com"], "/alice"],
    [["example", "com"], "/bob/logs"],
    [["alternate", "example", "com"], "/bob"],
    [["12345"], ""],
    [["example"], "com/bob"],
    [["example", "com", "/bob"], ""],
    [["example", "com", ""], "/bob"],
  ]],
  ["a prefix of the track", [[b("example"), b("com"), null], [PREFIX, b("/bob")]], [
    [["example", "com"], "/bob"],
    [["example", "com"], "/bob/123"],
    [["example", "com"], "/bob/logs"],
  ], [
    [["example", "com"], ""],
    [["example", "com"], "/alice"],
    [["alternate", "example", "com"], "/bob"],
    [["12345"], ""],
    [["example"], "com/bob"],
  ]],
  ["namespaces of any length", [[b("example"), b("com")], b("/bob")], [
    [["example", "com"], "/bob"],
    [["example", "com", ""], "/bob"],
    [["example", "com", "bob"], "/bob"],
  ], [
    [["example", "com"], ""],
    [["example", "com"], "/bob/123"],
    [["example", "com"], "/alice"],
    [["alternate", "example", "com"], "/bob"],
    [["12345"], ""],
    [["example"], "com/bob"],
    [["example", "com", "/bob"], ""],
  ]],
  ["any track", [[b("example"), b("com")]], [
    [["example", "com"], "/bob"],
    [["example", "com", ""], "/bob"],
    [["example", "com", "bob"], "/bob"],
    [["example", "com"], ""],
    [["example", "com"], "/bob/logs"],
    [["example", "com", "/bob"], ""],
  ], [
    [["alternate", "example", "com"], "/bob"],
    [["12345"], ""],
    [["example"], "com/bob"],
  ]],
  ["a prefix of a field", [[b("example"), [PREFIX, b("user-")], null], b("/data")], [
    [["example", "user-alice"], "/data"],
    [["example", "user-bob"], "/data"],
    [["example", "user-"], "/data"],
  ], [
    [["example", "alice"], "/data"],
    [["example", "user-alice", "extra"], "/data"],
    [["example", "USER-alice"], "/data"],
    [["example"], "/data"],
  ]],
  ["a suffix of the track", [[b("example"), b("com"), null], [SUFFIX, b(".json")]], [
    [["example", "com"], "data.json"],
    [["example", "com"], "/api/response.json"],
    [["example", "com"], ".json"],
  ], [
    [["example", "com"], "data.xml"],
    [["example", "com"], "json"],
    [["example", "com"], "data.JSON"],
    [["example", "com"], "data.json.bak"],
  ]],
  ["no field at all", [[null]], [[[], "a"]], [[[""], "a"], [["a"], "a"]]],
];

for (const [what, scope, permits, prohibits] of EXAMPLES) {
  Deno.test(`a scope with ${what} permits and prohibits what the text says`, () => {
    const claimed = claimedOf(new Map([[327, [[[6], ...scope]]]]));
    for (const name of permits) assert.equal(may(claimed, "publish", name), true, String(name));
    for (const name of prohibits) assert.equal(may(claimed, "publish", name), false, String(name));
    assert.ok(permits.every((name) => !may(claimed, "subscribe", name)));
  });
}

/** The text's vectors (#moqt-authorization-scopes), whose signed form is not the text's own. */
const VECTORS: [what: string, hex: string, cases: [Right, Name, boolean][]][] = [
  [
    "moqt_publisher_exact",
    "a301781868747470733a2f2f617574682e6578616d706c652e636f6d041a655542801901478183820206824b" +
    "6578616d706c652e636f6d45616c696365820146766964656f2d",
    [
      ["announce", [["example.com", "alice"], "video-hd"], true],
      ["publish", [["example.com", "alice"], "video-sd"], true],
      ["publish", [["example.com", "alice"], "audio-main"], false],
      ["subscribe", [["example.com", "alice"], "video-hd"], false],
      ["publish", [["example.com", "bob"], "video-hd"], false],
    ],
  ],
  [
    "moqt_subscriber_prefix",
    "a301781868747470733a2f2f617574682e6578616d706c652e636f6d041a65554280190147818283030407818201" +
    "52636f6e666572656e63652e6578616d706c65",
    [
      ["subscribe", [["conference.example.room1"], "audio"], true],
      ["fetch", [["conference.example.room2"], "video"], true],
      ["subscribe", [["other.domain"], "audio"], false],
      ["publish", [["conference.example.room1"], "audio"], false],
    ],
  ],
  [
    "moqt_multi_scope",
    "a401781868747470733a2f2f617574682e6578616d706c652e636f6d041a655542801901478282820206824c" +
    "6c6976652e6578616d706c654873747564696f2d61828204078182014c6c6976652e6578616d706c65190148f95cb0",
    [
      ["publish", [["live.example", "studio-a"], "cam1"], true],
      ["subscribe", [["live.example.studio-b"], "cam1"], true],
      ["publish", [["live.example", "studio-b"], "cam1"], false],
      ["announce", [["other.example", "studio-a"], ""], false],
    ],
  ],
  [
    "moqt_admin_wildcard",
    "a301781868747470733a2f2f617574682e6578616d706c652e636f6d041a65554280190147818189" +
    "000102030405060708",
    [
      ["publish", [["any.namespace"], "any-track"], true],
      ["status", [["any.namespace"], "status"], true],
    ],
  ],
  [
    "moqt_suffix_match",
    "a301781868747470733a2f2f617574682e6578616d706c652e636f6d041a6555428019014781838104818202" +
    "4c2e6578616d706c652e636f6d8202462d617564696f",
    [
      ["subscribe", [["cdn.example.com"], "stream1-audio"], true],
      ["subscribe", [["cdn.example.com"], "stream1-video"], false],
      ["subscribe", [["cdn.other.org"], "stream1-audio"], false],
    ],
  ],
];

for (const [what, hex, cases] of VECTORS) {
  Deno.test(`the claims of ${what} allow what the text says`, () => {
    const claimed = claimedOf(readCbor(Uint8Array.fromHex(hex)));
    assert.equal(claimed.expires, 1_700_086_400_000);
    assert.equal(claimed.revalidateMs, what === "moqt_multi_scope" ? 300_000 : undefined);
    assert.equal(claimed.opens, what === "moqt_admin_wildcard");
    for (const [right, name, expected] of cases) {
      assert.equal(may(claimed, right, name), expected, `${right} ${name}`);
    }
  });
}

Deno.test("the numbers of claims that are not registered yet, issuers and audiences are configured", () => {
  const settings = { issuers: ["a"], audience: ["r"], moqtClaim: -70_001, moqtRevalClaim: -70_002 };
  const scope: [number, unknown] = [-70_001, [[[4]]]];
  const isGood = (...claims: [number, unknown][]) =>
    readCatClaims(new Map([scope, ...claims]), settings).ok;
  assert.equal(isGood([1, "a"], [3, ["x", "r"]]), true);
  assert.equal(isGood([1, "a"], [3, "r"]), true);
  assert.equal(isGood([1, "a"]), true);
  assert.equal(isGood([1, "b"]), false);
  assert.equal(isGood(), false);
  assert.equal(isGood([1, "a"], [3, "x"]), false);
  assert.equal(isGood([1, "a"], [327, [[[4]]]]), false);
});
