import "./no_native_cbor.ts";
import { Algorithms, Mac0, MacAlgorithms, Sign1 } from "@auth0/cose";
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
  readonly signature: Uint8Array;
  /** What was signed, by which a token without an id is named, also where it is revoked. */
  readonly signed: Uint8Array;
  /** Resolves if this key has signed it, and rejects otherwise. */
  readonly verify: (key: CryptoKey | Uint8Array) => Promise<void>;
}

/** An algorithm as a JWK names it, and its number in the library. */
type Algorithm =
  | { readonly alg: string; readonly isMac: false; readonly number: Algorithms }
  | { readonly alg: string; readonly isMac: true; readonly number: MacAlgorithms };

const signing = (alg: keyof typeof Algorithms, name: string = alg): Algorithm => (
  { alg: name, isMac: false, number: Algorithms[alg] }
);
const mac = (alg: keyof typeof MacAlgorithms): Algorithm => (
  { alg, isMac: true, number: MacAlgorithms[alg] }
);

/**
 * Algorithms by their numbers in COSE (RFC 9053, RFC 8812); no other one is known. Those of RFC 9864,
 * which name the curve too, are the older ones to the library.
 */
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
  [-19, signing("EdDSA", "Ed25519")],
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
    signed: encode([algorithm.isMac ? "MAC0" : "Signature1", head, new Uint8Array(), payload]),
    verify: verifying(algorithm, { head, payload, signature }),
  });
}

/** The message inside the tags of CWT and COSE, of which the first needs the second (RFC 8392, 6). */
function untagged(value: unknown): { readonly tag: number | undefined; readonly parts: unknown } {
  if (!(value instanceof Tagged)) return { tag: undefined, parts: value };
  const inner = value.tag === TAG.cwt ? value.value : value;
  if (!(inner instanceof Tagged) || inner.tag === TAG.cwt) throw new Error("no tag of COSE");
  return { tag: inner.tag, parts: inner.value };
}

type SignedParts = Pick<CoseMessage, "payload" | "signature"> & { readonly head: Uint8Array };

/** The library is given no header that is not signed: it would take the algorithm from there. */
function verifying(algorithm: Algorithm, { head, payload, signature }: SignedParts) {
  if (algorithm.isMac) {
    const message = new Mac0(head, new Map(), payload, signature);
    return (key: CryptoKey | Uint8Array) => message.verify(key, { algorithms: [algorithm.number] });
  }
  const message = new Signature(head, new Map(), payload, signature);
  return (key: CryptoKey | Uint8Array) => message.verify(key, { algorithms: [algorithm.number] });
}

class Signature extends Sign1 {
  override get alg(): Algorithms | undefined {
    const algorithm = ALGORITHMS.get(this.protectedHeaders.get(HEADER.alg));
    return algorithm?.isMac === false ? algorithm.number : undefined;
  }
}

/** Verifies what was read with a key for its algorithm. Never rejects. */
export async function isSignedBy(
  message: CoseMessage,
  key: CryptoKey | Uint8Array,
): Promise<boolean> {
  try {
    await message.verify(key);
    return true;
  } catch {
    return false;
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
