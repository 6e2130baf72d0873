import { CompactSign, compactVerify, importJWK, type JWK } from "jose";
import { readKeys, readWholeKey } from "./keys.ts";

/** A private key, or a secret, that signs. */
export type SigningJwk = JWK & { readonly alg: string };

/**
 * Reads one key that signs. Rejects, where it cannot, with an Error for the operator that says what was
 * found and what there must be, and has nothing of the key in it.
 */
export async function readSigningKey(text: string): Promise<SigningJwk> {
  const { key_ops: operations, ...key } = readWholeKey(text);
  const fault = faultOf({ ...key, ...(operations !== undefined && { key_ops: operations }) });
  if (fault !== undefined) throw new Error(fault);
  // Without `key_ops`: Web Cryptography takes no private key that is said to verify as well, and such
  // are the keys of moq-dev.
  await tryOut(key);
  return key;
}

/** Members of two keys, or half a key, can be read, and nobody believes what they sign. */
async function tryOut(key: SigningJwk): Promise<void> {
  const [verifying] = await readKeys(JSON.stringify(key));
  try {
    const signing = new CompactSign(new Uint8Array(1)).setProtectedHeader({ alg: key.alg });
    await compactVerify(await signing.sign(await importJWK(key, key.alg)), verifying!.key);
  } catch {
    throw new Error("it verifies nothing of what it signs: its members do not belong together");
  }
}

function faultOf({ kty, use, key_ops: operations, d, k }: JWK): string | undefined {
  if (kty === "oct" && k === undefined) return "the key has no secret, which is its member k";
  if (kty !== "oct" && d === undefined) {
    return "the key is public, which verifies tokens and signs none: one that signs has a member d";
  }
  if (use !== undefined && use !== "sig") {
    return `its use is ${shown(use)}, and that of a key that signs is "sig" or missing`;
  }
  if (operations === undefined) return undefined;
  return Array.isArray(operations) && operations.includes("sign")
    ? undefined
    : `its key_ops are ${shown(operations)}, and a key that signs has "sign" there, or no key_ops`;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}
