import { encode, Tagged } from "cborg";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import assert from "node:assert/strict";
import { bytesOf, CAT_KEY, CAT_SECRET, catOf, HS256 } from "../../../tests/support/worlds/cats.ts";
import { readKeys } from "../keys.ts";
import { isSignedBy, readCwt } from "./cose.ts";

const CLAIMS = new Map<number, unknown>([[2, "alice"]]);

/** How Web Cryptography signs by each algorithm of a JWK. */
const PARAMETERS: Record<string, EcdsaParams & RsaPssParams> = Object.fromEntries(
  ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384"]
    .concat("RS512").map((alg) => {
      const kind = alg.slice(0, 2);
      const bits = Number(alg.slice(2)) || 0;
      const name = { ES: "ECDSA", Ed: "Ed25519", PS: "RSA-PSS", RS: "RSASSA-PKCS1-v1_5" }[kind]!;
      return [alg, { name, hash: `SHA-${bits}`, saltLength: bits / 8 }];
    }),
);

/** The numbers of signatures in RFC 9053, RFC 8812 and RFC 9864. */
const SIGNATURES: readonly [number: number, alg: string][] = [
  [-7, "ES256"],
  [-9, "ES256"],
  [-35, "ES384"],
  [-51, "ES384"],
  [-36, "ES512"],
  [-52, "ES512"],
  [-8, "EdDSA"],
  [-19, "Ed25519"],
  [-37, "PS256"],
  [-38, "PS384"],
  [-39, "PS512"],
  [-257, "RS256"],
  [-258, "RS384"],
  [-259, "RS512"],
];

/** One key for all algorithms of a kind, as a key that is used for what it is not made for would be. */
const pairs = new Map<string, Promise<{ secret: JWK; open: JWK }>>();
function pairOf(alg: string) {
  const kind = /^[RP]S/.test(alg) ? "RS256" : alg;
  if (!pairs.has(kind)) pairs.set(kind, made(kind));
  return pairs.get(kind)!;
}

async function made(alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { secret: await exportJWK(privateKey), open: await exportJWK(publicKey) };
}

/** A COSE_Sign1 with this number in its header, signed by this algorithm. */
async function signedCat(number: number, alg: string): Promise<Uint8Array> {
  const head = encode(new Map([[1, number]]));
  const payload = encode(CLAIMS);
  const { secret } = await pairOf(alg);
  const parameters = PARAMETERS[alg]!;
  const imported = { ...parameters, namedCurve: secret.crv ?? "" };
  const key = await crypto.subtle.importKey("jwk", secret, imported, false, ["sign"]);
  const signed = new Uint8Array(encode(["Signature1", head, new Uint8Array(), payload]));
  const signature = new Uint8Array(await crypto.subtle.sign(parameters, key, signed));
  return encode(new Tagged(18, [head, new Map(), payload, signature]));
}

async function keyOf(jwk: object): Promise<CryptoKey | Uint8Array> {
  const [key] = await readKeys(JSON.stringify(jwk));
  return key!.key;
}

function read(token: Uint8Array) {
  const message = readCwt(token);
  assert.ok(message.ok, message.ok ? "" : message.refusal);
  return message.value;
}

for (const [number, alg] of SIGNATURES) {
  Deno.test(`${alg} is verified by its number ${number}, with a key for it and with no other`, async () => {
    const message = read(await signedCat(number, alg));
    assert.equal(message.alg, alg);
    const { open } = await pairOf(alg);
    assert.equal(await isSignedBy(message, await keyOf({ ...open, alg })), true);
    for (const other of new Set(SIGNATURES.map(([, name]) => name))) {
      // Both are names of one algorithm.
      if (other.startsWith("Ed") && alg.startsWith("Ed")) continue;
      if (other === alg) continue;
      const jwk = { ...(await pairOf(other)).open, alg: other };
      assert.equal(await isSignedBy(message, await keyOf(jwk)), false, other);
    }
    assert.equal(await isSignedBy(message, CAT_SECRET), false);
  });

  Deno.test(`${alg} under another number than ${number} is no signature`, async () => {
    for (const [other, name] of SIGNATURES) {
      if (name === alg || other === -19 || other === -8) continue;
      const message = read(await signedCat(other, alg));
      for (const  of of[alg, name]) {
        const key = await keyOf({ ...(await pairOf(of)).open, alg: of });
        assert.equal(await isSignedBy(message, key), false, `${other} with a key for ${of}`);
      }
    }
  });
}

Deno.test("a MAC is verified with a secret for its length, and with no public key", async () => {
  const message = read(catOf(CLAIMS));
  assert.equal(await isSignedBy(message, await keyOf(CAT_KEY)), true);
  for (const number of [6, 7]) {
    const longer = read(catOf(CLAIMS, { header: new Map([[1, number]]) }));
    assert.equal(await isSignedBy(longer, CAT_SECRET), false);
  }
  for (const [, alg] of SIGNATURES) {
    const key = await keyOf({ ...(await pairOf(alg)).open, alg });
    assert.equal(await isSignedBy(message, key), false, alg);
  }
});

Deno.test("what is not signed names no algorithm, and nothing that must be understood", async () => {
  const signed = new Map<number, unknown>([[1, HS256]]);
  const forms: [header: Map<number, unknown>, loose: Map<number, unknown>, refusal: RegExp][] = [
    [new Map(), new Map([[1, HS256]]), /algorithm/],
    [new Map([[4, bytesOf("cat")]]), new Map([[1, HS256]]), /algorithm/],
    [signed, new Map([[2, [99]]]), /not understood/],
    [new Map([...signed, [2, [1]]]), new Map(), /not understood/],
    [new Map([...signed, [2, []]]), new Map(), /not understood/],
  ];
  for (const [header, loose, refusal] of forms) {
    const message = readCwt(catOf(CLAIMS, { header, loose }));
    assert.match(message.ok ? "" : message.refusal, refusal);
  }
  for (const number of [0, -7, 6, "none"]) {
    const message = read(catOf(CLAIMS, { loose: new Map([[1, number]]) }));
    assert.equal(message.alg, "HS256");
    assert.equal(await isSignedBy(message, CAT_SECRET), true);
  }
});

Deno.test("a header in which the algorithm is there twice, or without an end, is none", () => {
  const good = catOf(CLAIMS);
  const head = encode(new Map([[1, HS256]]));
  const at = good.toHex().indexOf(head.toHex()) / 2 - 1;
  const withHead = (hex: string) => {
    const bytes = Uint8Array.fromHex(hex);
    const rest = good.subarray(at + 1 + head.length);
    return readCwt(Uint8Array.of(...good.subarray(0, at), ...encode(bytes), ...rest));
  };
  assert.equal(withHead(head.toHex()).ok, true);
  for (const hex of ["a201050105", "a201050106", "bf0105ff", "a1012a00", "a1", "a2010501", "05"]) {
    assert.equal(withHead(hex).ok, false, hex);
  }
});

Deno.test("each of many tokens that are verified at once is judged by itself", async () => {
  const tokens = Array.from({ length: 64 }, (_, at) => {
    const good = catOf(new Map([[2, "x".repeat(at * 40)]]));
    const changed = good.slice();
    changed[good.length - 1]! ^= 1;
    return [good, changed];
  });
  const verified = await Promise.all(
    tokens.flat().map((token) => isSignedBy(read(token), CAT_SECRET)),
  );
  assert.deepEqual(verified, tokens.flatMap(() => [true, false]));
});
