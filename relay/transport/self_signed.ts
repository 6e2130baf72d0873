import { addressBytes } from "@qumo/shared/runtime";
import {
  bitString,
  type Der,
  integer,
  objectId,
  octetString,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
  yes,
} from "./der.ts";

/** What a certificate says. */
export interface CertificateBody {
  /** Names and IP addresses of who shows it. */
  readonly hosts: readonly string[];
  /** Sixteen bytes that no other certificate has. */
  readonly serial: Uint8Array;
  /** In milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A pair of keys for {@linkcode selfSigned}. */
export function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** The DER of a certificate for a server of these hosts, signed by its own ECDSA P-256 key. */
export async function selfSigned(body: CertificateBody, keys: CryptoKeyPair): Promise<Der> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const signed = sequence(
    tagged(VERSION_FIELD, integer(new Uint8Array([X509_V3]))),
    integer(body.serial),
    SIGNATURE,
    NAME,
    sequence(time(body.notBefore), time(body.notAfter)),
    NAME,
    spki,
    tagged(EXTENSIONS_FIELD, extensions(body.hosts)),
  );
  const raw = new Uint8Array(await crypto.subtle.sign(ALGORITHM, keys.privateKey, signed));
  const half = raw.length / 2;
  const signature = sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
  return sequence(signed, SIGNATURE, bitString(signature));
}

function extensions(hosts: readonly string[]): Der {
  return sequence(
    // Deno's client refuses a CA certificate as a server's.
    extension("2.5.29.19", sequence(), yes),
    extension("2.5.29.15", bitString(DIGITAL_SIGNATURE, 7), yes),
    extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", sequence(...hosts.map(alternativeName))),
  );
}

function extension(id: string, value: Der, ...critical: readonly Der[]): Der {
  return sequence(objectId(id), ...critical, octetString(value));
}

function alternativeName(host: string): Der {
  const address = addressBytes(host);
  return address === undefined
    ? tagged(DNS_NAME, new TextEncoder().encode(host))
    : tagged(IP_ADDRESS, address);
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SIGNATURE = sequence(objectId("1.2.840.10045.4.3.2"));
const NAME = sequence(setOf(sequence(objectId("2.5.4.3"), utf8("qumo"))));
const X509_V3 = 2;
const DIGITAL_SIGNATURE = new Uint8Array([0x80]);
// Fields and choices that are told by their number alone.
const VERSION_FIELD = 0xa0;
const EXTENSIONS_FIELD = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
