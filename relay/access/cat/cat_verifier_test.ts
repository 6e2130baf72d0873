import { encode } from "cborg";
import assert from "node:assert/strict";
import vectors from "../../../tests/support/cat_vectors.json" with { type: "json" };
import { bytesOf, CAT_KEY, catOf, HS256 } from "../../../tests/support/worlds/cats.ts";
import { Random } from "../../../tests/support/random.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { readKeys } from "../keys.ts";
import { allows, type Policy } from "../policy.ts";
import { CatVerifier } from "./cat_verifier.ts";

const NOW = 1_800_000_000;
const EVERYTHING = new Map<number, unknown>([[327, [[[0, 2, 3, 4, 6, 7, 8]]]]]);

async function verifierOf(...jwks: readonly object[]) {
  const clock = new ManualClock(NOW * 1_000);
  let keys = await readKeys(JSON.stringify({ keys: jwks }));
  const verifier = new CatVerifier({
    keys: () => keys,
    clock,
    clockSkewMs: 10_000,
    settings: {
      audience: ["https://relay.example.com"],
      issuers: [],
      moqtClaim: 327,
      moqtRevalClaim: 328,
    },
  });
  return { clock, verifier, replace: (next: typeof keys) => void (keys = next) };
}

const may = (
  policy: Policy,
  right: "publish" | "subscribe" | "announce",
  namespace: string[],
  track = "",
) => allows(policy, right, { path: [], namespace: namespace.map(bytesOf), track: bytesOf(track) });

for (const { jwk, token } of vectors) {
  Deno.test(`a CAT of another library is good, signed with ${jwk.alg}`, async () => {
    const { verifier } = await verifierOf(...vectors.map(({ jwk }) => jwk));
    const tagged = `d83d${token}`;
    const untagged = token.slice(2);
    for (const form of [token, tagged, untagged]) {
      const verified = await verifier.verify(Uint8Array.fromHex(form));
      assert.ok(verified.ok, JSON.stringify(verified));
      const { holder, until } = verified.value;
      assert.deepEqual(holder, {
        tokenId: "t1",
        subject: "alice",
        tenant: undefined,
        keyId: jwk.kid,
      });
      assert.equal(until, 1_900_000_010_000);
      assert.equal(may(verified.value, "publish", ["example", "com"], "/bob/1"), true);
      assert.equal(may(verified.value, "subscribe", ["example", "a.tv", "b"]), true);
      assert.equal(may(verified.value, "subscribe", ["example", "com"]), false);
    }
  });

  Deno.test(`a CAT that was changed allows nothing new, signed with ${jwk.alg}`, async () => {
    const { verifier } = await verifierOf(...vectors.map(({ jwk }) => jwk));
    const bytes = Uint8Array.fromHex(token);
    const good = await verifier.verify(bytes);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const verified = await verifier.verify(changed);
      // Its second header is not signed, and says only which key to try.
      if (verified.ok) assert.deepEqual(verified, good);
    }
    for (let end = 0; end < bytes.length; end++) {
      assert.equal((await verifier.verify(bytes.subarray(0, end))).ok, false);
    }
    assert.equal((await verifier.verify(Uint8Array.of(...bytes, 0))).ok, false);
  });
}

const public256 = vectors.find(({ jwk }) => jwk.alg === "ES256")!.jwk;
const nested = (byte: number, depth: number) => new Uint8Array(depth).fill(byte);

const HOSTILE: [what: string, token: () => Uint8Array, kind: string][] = [
  ["without an algorithm", () => catOf(EVERYTHING, { header: new Map() }), "malformed"],
  ["with the algorithm none", () => catOf(EVERYTHING, { header: new Map([[1, 0]]) }), "malformed"],
  [
    "with its algorithm where it is not signed",
    () => catOf(EVERYTHING, { header: new Map(), loose: new Map([[1, HS256]]) }),
    "malformed",
  ],
  [
    "with an algorithm as text",
    () => catOf(EVERYTHING, { header: new Map([[1, "HS256"]]) }),
    "malformed",
  ],
  [
    "that takes a public key for a secret",
    () => catOf(EVERYTHING, { secret: bytesOf(JSON.stringify(public256)) }),
    "unauthorized",
  ],
  [
    "with a MAC that calls itself a signature",
    () => catOf(EVERYTHING, { tags: [18] }),
    "malformed",
  ],
  [
    "with a signature's algorithm and a MAC",
    () => catOf(EVERYTHING, { header: new Map([[1, -7]]), tags: [18], context: "Signature1" }),
    "unauthorized",
  ],
  [
    "of a secret that nobody gave it",
    () => catOf(EVERYTHING, { secret: bytesOf("x") }),
    "unauthorized",
  ],
  [
    "with a key id that is a path",
    () => catOf(EVERYTHING, { loose: new Map([[4, bytesOf("../../etc/passwd")]]) }),
    "unauthorized",
  ],
  ["with a key id as text", () => catOf(EVERYTHING, { loose: new Map([[4, "cat"]]) }), "malformed"],
  [
    "with a header that must be understood",
    () => catOf(EVERYTHING, { header: new Map<number, unknown>([[1, HS256], [2, [99]]]) }),
    "malformed",
  ],
  ["with a CWT inside a CWT", () => catOf(EVERYTHING, { tags: [61, 61, 17] }), "malformed"],
  ["with the tag of CWT alone", () => catOf(EVERYTHING, { tags: [61] }), "malformed"],
  ["with a tag of its own", () => catOf(EVERYTHING, { tags: [99, 17] }), "malformed"],
  ["of many arrays in each other", () => nested(0x81, 8_000), "malformed"],
  ["of many maps in each other", () => nested(0xa1, 8_000), "malformed"],
  ["of many tags in each other", () => nested(0xd2, 8_000), "malformed"],
  ["with deep claims", () => catOf(EVERYTHING, { payload: nested(0x81, 4_000) }), "malformed"],
  [
    "of arrays without an end",
    () => Uint8Array.of(0x9f, 0x40, 0xa0, 0x40, 0x40, 0xff),
    "malformed",
  ],
  [
    "of more elements than there are atoms",
    () => Uint8Array.fromHex("9bffffffffffffffff40"),
    "malformed",
  ],
  ["of more bytes than it has", () => Uint8Array.fromHex("845bffffffffffffffff"), "malformed"],
  ["that is empty", () => new Uint8Array(), "malformed"],
  ["that is huge", () => new Uint8Array(100_000), "malformed"],
  [
    "with a claim twice",
    () => catOf(EVERYTHING, { payload: Uint8Array.fromHex("a21901478181810419014781818106") }),
    "malformed",
  ],
  ["whose claims are a list", () => catOf(EVERYTHING, { payload: encode([1]) }), "malformed"],
  ["whose claims are no CBOR", () => catOf(EVERYTHING, { payload: bytesOf("{}") }), "malformed"],
];

for (const [what, token, kind] of HOSTILE) {
  Deno.test(`a CAT ${what} is refused`, async () => {
    const { verifier } = await verifierOf(CAT_KEY, public256);
    const verified = await verifier.verify(token());
    assert.ok(!verified.ok);
    assert.ok(verified.refusal.kind.startsWith(kind), JSON.stringify(verified.refusal));
  });
}

const CLAIMS: [what: string, claims: [number, unknown][], reason: RegExp][] = [
  ["has expired", [[4, NOW - 11]], /expired/],
  ["is not valid yet", [[5, NOW + 11]], /not valid yet/],
  ["expires at no number", [[4, "never"]], /claim exp/],
  ["is for another audience", [[3, ["https://other.example"]]], /another audience/],
  ["must be shown from an address", [[311, [[46, bytesOf("10.0.0.1")]]]], /claim 311/],
  ["may be used once", [[308, 1]], /claim 308/],
  ["is bound to a key of its holder", [[8, new Map([[3, new Uint8Array(32)]])]], /claim 8/],
  ["has claims under conditions", [[-65_000, []]], /claim -65000/],
  ["has a claim with a name", [["admin" as unknown as number, true]], /has no number/],
  ["wants to be looked at all the time", [[328, 0.1]], /too often/],
  ["wants to be looked at backwards", [[328, -1]], /claim reval/],
  ["has no scope", [[327, []]], /claim moqt/],
  ["has a scope without actions", [[327, [[[]]]]], /claim moqt/],
  ["has an action that is a word", [[327, [[["publish"]]]]], /claim moqt/],
  ["has a match of no kind", [[327, [[[6], [[3, bytesOf("x")]]]]]], /claim moqt/],
  ["has a match of texts", [[327, [[[6], ["example"]]]]], /claim moqt/],
  ["has no end but in the middle", [[327, [[[6], [null, bytesOf("x")]]]]], /claim moqt/],
  ["has a track that ends", [[327, [[[6], [bytesOf("x")], null]]]], /claim moqt/],
  ["has too many parts", [[327, [[[6], [bytesOf("x")], bytesOf("y"), 1]]]], /claim moqt/],
  ["has more fields than names have", [[327, [[[6], Array(40).fill(bytesOf("x"))]]]], /claim moqt/],
  ["allows what does not exist", [[327, [[[1, 5, 99, -1]]]]], /allows nothing/],
];

for (const [what, claims, reason] of CLAIMS) {
  Deno.test(`a CAT that ${what} is refused`, async () => {
    const { verifier } = await verifierOf(CAT_KEY);
    const verified = await verifier.verify(catOf(new Map([...EVERYTHING, ...claims])));
    assert.ok(!verified.ok);
    assert.match(verified.refusal.reason, reason);
  });
}

Deno.test("a CAT without the claim for MOQT allows nothing", async () => {
  const { verifier } = await verifierOf(CAT_KEY);
  assert.equal((await verifier.verify(catOf(new Map([[2, "alice"]])))).ok, false);
});

Deno.test("a CAT for the setup alone opens a session to further tokens, and allows nothing", async () => {
  const { verifier } = await verifierOf(CAT_KEY);
  const verified = await verifier.verify(catOf(new Map([[327, [[[0]]]]])));
  assert.ok(verified.ok);
  assert.equal(verified.value.opens, true);
  assert.equal(may(verified.value, "subscribe", ["a"]), false);
});

Deno.test("a key with a scope of paths signs no CAT, which has none", async () => {
  const { verifier } = await verifierOf({ ...CAT_KEY, scope: { root: "", put: "", get: "" } });
  const verified = await verifier.verify(catOf(EVERYTHING));
  assert.match(verified.ok ? "" : verified.refusal.reason, /too small a scope/);
});

Deno.test("a CAT with moqt-reval lasts as long as its key is there, and as it says at most", async () => {
  const { verifier, clock, replace } = await verifierOf(CAT_KEY);
  const token = catOf(new Map([...EVERYTHING, [4, NOW + 1_000], [328, 300]]));
  const verified = await verifier.verify(token);
  assert.ok(verified.ok);
  const { renewal } = verified.value;
  assert.ok(renewal !== undefined);
  assert.equal(verified.value.until, (NOW + 300) * 1_000);
  for (const [moment, until] of [[225, 525], [450, 750], [675, 975], [900, 1_010]] as const) {
    assert.equal(renewal.at, (NOW + moment) * 1_000);
    await clock.advance(225_000);
    await renewal.renew();
    assert.equal(verified.value.until, (NOW + until) * 1_000);
  }
  replace([]);
  await renewal.renew();
  assert.match(renewal.refusal!.reason, /no key that this relay still has/);
  assert.ok(verified.value.until < clock.wall());
});

Deno.test("bytes made of pieces of good CAT allow nothing new", async () => {
  const { verifier } = await verifierOf(CAT_KEY);
  const good = [
    catOf(EVERYTHING),
    ...vectors.map(({ token }) => Uint8Array.fromHex(token)),
  ];
  const whole = await verifier.verify(good[0]!);
  assert.ok(whole.ok);
  const random = new Random(0x2545f491);
  const piece = () => {
    const from = good[random.below(good.length)]!;
    const at = random.below(from.length);
    return from.subarray(at, at + random.below(64));
  };
  for (let time = 0; time < 3_000; time++) {
    const pieces = Array.from({ length: 1 + random.below(6) }, () => [...piece()]).flat();
    const verified = await verifier.verify(Uint8Array.from(pieces));
    if (verified.ok) assert.deepEqual(verified.value.rules, whole.value.rules);
  }
});

Deno.test("a CAT without an id keeps its name whatever is written around what is signed", async () => {
  const { verifier } = await verifierOf(CAT_KEY);
  const forms = [{}, { tags: [] }, { tags: [61, 17] }, { loose: new Map([[99, "free"]]) }];
  const names = new Set<string | undefined>();
  for (const form of forms) {
    const verified = await verifier.verify(catOf(EVERYTHING, form));
    assert.ok(verified.ok, JSON.stringify(verified));
    names.add(verified.value.holder.tokenId);
  }
  assert.equal(names.size, 1);
});
