import { base64url, importJWK, type JWK } from "jose";
import { readScope, type Signer } from "./claims.ts";
import { MAX_KEY_BYTES, MAX_KEYS, MIN_SECRET_BYTES } from "./limits.ts";

/** A key that verifies tokens with one algorithm, and with no other. */
export interface VerifyingKey extends Signer {
  readonly alg: string;
  readonly key: CryptoKey | Uint8Array;
}

/** What each kind of key may be used for, and which of its members are public. */
const KINDS: Readonly<Record<string, { readonly algs: RegExp; readonly members: string[] }>> = {
  oct: { algs: /^HS(256|384|512)$/, members: ["k"] },
  EC: { algs: /^ES(256|384|512)$/, members: ["crv", "x", "y"] },
  OKP: { algs: /^(EdDSA|Ed25519)$/, members: ["crv", "x"] },
  RSA: { algs: /^(RS|PS)(256|384|512)$/, members: ["n", "e"] },
};

const ALG_OF_CURVE: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
  Ed25519: "EdDSA",
};

/**
 * Reads keys: a JWK or a JWKS, as JSON or in the base64url of moq-dev's files. Rejects with an Error
 * for the operator, which has nothing of the keys in it.
 */
export async function readKeys(text: string): Promise<VerifyingKey[]> {
  const found = jwksOf(text);
  if (found.length > MAX_KEYS) throw new Error(`it has more than ${MAX_KEYS} keys`);
  const keys: VerifyingKey[] = [];
  for (const [at, jwk] of found.entries()) {
    if (!isForSignatures(jwk)) continue;
    try {
      keys.push(await verifyingKey(jwk));
    } catch (error) {
      const reason = error instanceof KeyError ? error.message : "it is no key";
      throw new Error(found.length === 1 ? reason : `key ${at + 1}: ${reason}`);
    }
  }
  return keys;
}

/** Reads one key with all its members, its private ones included. Throws as {@linkcode readKeys}. */
export function readWholeKey(text: string): JWK & { readonly alg: string } {
  const [jwk, ...more] = jwksOf(text);
  if (jwk === undefined || more.length > 0) throw new Error("the file has not one key");
  return { ...jwk, kty: jwk.kty ?? "oct", alg: algOf(jwk) };
}

/** What bounds the tokens of a key; it stays with its public half. */
interface Bounds {
  readonly scope?: unknown;
  readonly sub?: unknown;
}

/** What of a key everybody may know. Throws for a secret, of which that is nothing. */
export function withoutSecrets(
  { kty = "oct", alg, kid, scope, sub, ...jwk }: JWK & Bounds,
): JWK & Bounds {
  if (kty === "oct") throw new Error("a key for HMAC has no public half: the relay needs it whole");
  const parts = Object.entries(jwk).filter(([name]) => KINDS[kty]!.members.includes(name));
  return {
    ...Object.fromEntries(parts),
    kty,
    ...(alg !== undefined && { alg }),
    ...(kid !== undefined && { kid }),
    ...(scope !== undefined && { scope }),
    ...(sub !== undefined && { sub }),
  };
}

class KeyError extends Error {}

function jwksOf(text: string): JWK[] {
  if (text.length > MAX_KEY_BYTES) throw new Error(`it has more than ${MAX_KEY_BYTES} bytes`);
  let value: unknown;
  try {
    const trimmed = text.trim();
    value = JSON.parse(
      trimmed.startsWith("{") ? trimmed : new TextDecoder().decode(base64url.decode(trimmed)),
    );
  } catch {
    throw new Error("it is neither a JWK nor a JWKS");
  }
  if (!isObject(value)) throw new Error("it is neither a JWK nor a JWKS");
  if (!("keys" in value)) return [value];
  const { keys } = value;
  if (!Array.isArray(keys) || !keys.every(isObject)) throw new Error("its keys are no list of JWK");
  return keys;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets of keys may have some for other uses. Of a key that signs alone the public half verifies. */
function isForSignatures({ use, key_ops: operations }: JWK): boolean {
  const verifies = operations === undefined || Array.isArray(operations) &&
      (operations.includes("verify") || operations.includes("sign"));
  return (use === undefined || use === "sig") && verifies;
}

/** What verifies is imported and nothing else: a private key is not kept. */
async function verifyingKey(jwk: JWK): Promise<VerifyingKey> {
  const alg = algOf(jwk);
  const { members } = KINDS[jwk.kty ?? "oct"]!;
  const { kid, scope, sub } = jwk as JWK & Bounds;
  if (sub !== undefined && (typeof sub !== "string" || sub === "" || sub.length > 128)) {
    throw new KeyError("its sub is no text of 1 to 128 characters");
  }
  if (kid !== undefined && (typeof kid !== "string" || kid === "" || kid.length > 128)) {
    throw new KeyError("its kid is no text of 1 to 128 characters");
  }
  const limits = readScope(scope ?? undefined);
  if (limits === undefined && (scope ?? undefined) !== undefined) {
    throw new KeyError("its scope is not root, put and get");
  }
  const all: Readonly<Record<string, unknown>> = { ...jwk };
  const parts = members.map((name) => [name, all[name]]);
  if (parts.some(([, value]) => typeof value !== "string")) throw new KeyError("it is incomplete");
  const key = await importJWK({ ...Object.fromEntries(parts), kty: jwk.kty ?? "oct" }, alg);
  if (key instanceof Uint8Array && key.length < MIN_SECRET_BYTES) {
    throw new KeyError(`its secret has less than ${MIN_SECRET_BYTES} bytes`);
  }
  return {
    alg,
    key,
    keyId: kid,
    ...(sub !== undefined && { subject: sub }),
    ...(limits !== undefined && { scope: limits }),
  };
}

/** The one algorithm of a key: what a token says of itself decides nothing. */
function algOf({ kty = "oct", alg, crv }: JWK): string {
  const kind = Object.hasOwn(KINDS, kty) ? KINDS[kty] : undefined;
  const found = alg ?? (typeof crv === "string" ? ALG_OF_CURVE[crv] : undefined);
  if (kind === undefined || typeof found !== "string") {
    throw new KeyError("its kty and alg are none that tokens can be verified with");
  }
  if (!kind.algs.test(found)) throw new KeyError("its alg does not belong to its kty");
  if (kty === "EC" && ALG_OF_CURVE[String(crv)] !== found) {
    throw new KeyError("its crv does not belong to its alg");
  }
  return found;
}
