import {
  bitString,
  type Der,
  ecdsaSignature,
  integer,
  objectId,
  octetString,
  pem,
  sequence,
  setOf,
  tagged,
} from "@qumo/shared/der";

/** A request for a certificate, and the key that it is for. */
export interface SigningRequest {
  readonly request: Der;
  /** The private key, as PEM. */
  readonly key: string;
}

/** Makes an ECDSA P-256 key and asks for a certificate of these domains with it (RFC 2986). */
export async function newSigningRequest(domains: readonly string[]): Promise<SigningRequest> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const names = domains.map((name) => tagged(DNS_NAME, new TextEncoder().encode(name)));
  const extension = sequence(objectId("2.5.29.17"), octetString(sequence(...names)));
  const wanted = sequence(objectId("1.2.840.113549.1.9.14"), setOf(sequence(extension)));
  const info = sequence(
    integer(new Uint8Array([0])),
    // The names are in the extension; authorities choose the subject.
    sequence(),
    spki,
    tagged(ATTRIBUTES, wanted),
  );
  const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, keys.privateKey, info));
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    request: sequence(info, ECDSA_SHA256, bitString(ecdsaSignature(signature))),
    key: pem("PRIVATE KEY", key),
  };
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const ECDSA_SHA256 = sequence(objectId("1.2.840.10045.4.3.2"));

// Fields and choices that are told by their number alone.
const ATTRIBUTES = 0xa0;
const DNS_NAME = 0x82;
