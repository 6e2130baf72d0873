import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { encode, Tagged } from "cborg";
import { MAX_ID_CHARACTERS } from "../limits.ts";
import { readCbor } from "./strict_cbor.ts";

/** A signed message of COSE (RFC 9052) whose signature was not looked at. */
export interface CoseMessage {
  /** The algorithm that it says it was signed with, as a JWK names it. */
  readonly alg: string;
  readonly keyId: string | undefined;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** What was signed. */
  readonly signed: Uint8Array<ArrayBuffer>;
}

interface Algorithm {
  /** As a JWK names it. */
  readonly alg: string;
  readonly isMac: boolean;
}

const signing = (alg: string): Algorithm => ({ alg, isMac: false });
const mac = (alg: string): Algorithm => ({ alg, isMac: true });

/** Algorithms by their numbers in COSE (RFC 9053, RFC 8812 and RFC 9864); no other one is known. */
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map([
  [5, mac("HS256")],
  [6, mac("HS384")],
  [7, mac("HS512")],
  [-7, signing("ES256")],
  [-9, signing("ES256")],
  [-35, signing("ES384")],
  [-51, signing("ES384")],
  [-36, signing("ES512")],
  [-52, signing("ES512")],
  [-8, signing("EdDSA")],
  [-19, signing("Ed25519")],
  [-37, signing("PS256")],
  [-38, signing("PS384")],
  [-39, signing("PS512")],
  [-257, signing("RS256")],
  [-258, signing("RS384")],
  [-259, signing("RS512")],
]);

const HEADER = { alg: 1, crit: 2, kid: 4 };
const TAG = { mac0: 17, sign1: 18, cwt: 61 };

/** Reads a CWT: COSE_Sign1 or COSE_Mac0, with or without tags. Refuses with what is wrong with it. */
export function readCwt(bytes: Uint8Array): Outcome<CoseMessage, string> {
  try {
    return messageOf(bytes);
  } catch {
    return refused("it is no CWT");
  }
}

function messageOf(bytes: Uint8Array): Outcome<CoseMessage, string> {
  const { tag, parts } = untagged(readCbor(bytes));
  if (!Array.isArray(parts) || parts.length !== 4) {
    return refused("it is no signed message of COSE");
  }
  const [head, loose, payload, signature] = parts;
  if (!isBytes(head) || !(loose instanceof Map) || !isBytes(payload) || !isBytes(signature)) {
    return refused("it is no signed message of COSE");
  }
  const header = head.length === 0 ? new Map() : readCbor(head);
  if (!(header instanceof Map)) return refused("its header is no map");
  // What is not signed decides nothing but which key to try.
  const algorithm = ALGORITHMS.get(header.get(HEADER.alg));
  if (algorithm === undefined) return refused("its algorithm is none that is accepted");
  if (tag !== undefined && (tag === TAG.mac0) !== algorithm.isMac) {
    return refused("its algorithm does not belong to its kind");
  }
  if (header.has(HEADER.crit) || loose.has(HEADER.crit)) {
    return refused("its header asks for what is not understood");
  }
  const kid = header.get(HEADER.kid) ?? loose.get(HEADER.kid);
  if (kid !== undefined && !(isBytes(kid) && kid.length <= MAX_ID_CHARACTERS)) {
    return refused("its key id is none");
  }
  return done({
    alg: algorithm.alg,
    keyId: kid === undefined ? undefined : new TextDecoder().decode(kid),
    payload,
    signature,
    signed: owned(
      encode([algorithm.isMac ? "MAC0" : "Signature1", head, new Uint8Array(), payload]),
    ),
  });
}

/** The message inside the tags of CWT and COSE, of which the first needs the second (RFC 8392, 6). */
function untagged(value: unknown): { readonly tag: number | undefined; readonly parts: unknown } {
  if (!(value instanceof Tagged)) return { tag: undefined, parts: value };
  const inner = value.tag === TAG.cwt ? value.value : value;
  if (!(inner instanceof Tagged) || inner.tag === TAG.cwt) throw new Error("no tag of COSE");
  return { tag: inner.tag, parts: inner.value };
}

/** Verifies what was read with a key for its algorithm. Never rejects. */
export async function isSignedBy(
  { alg, signature, signed }: CoseMessage,
  key: CryptoKey | Uint8Array,
): Promise<boolean> {
  try {
    const parameters = parametersOf(alg);
    const used = key instanceof Uint8Array
      ? await crypto.subtle.importKey("raw", owned(key), parameters, false, ["verify"])
      : key;
    return await crypto.subtle.verify(parameters, used, signature, signed);
  } catch {
    return false;
  }
}

/** What Web Cryptography needs for an algorithm. */
function parametersOf(alg: string) {
  const bits = Number(alg.slice(2));
  const hash = `SHA-${bits}`;
  switch (alg.slice(0, 2)) {
    case "HS":
      return { name: "HMAC", hash };
    case "ES":
      return { name: "ECDSA", hash };
    case "PS":
      return { name: "RSA-PSS", saltLength: bits / 8 };
    case "RS":
      return { name: "RSASSA-PKCS1-v1_5" };
  }
  return { name: "Ed25519" };
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array;
}

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
