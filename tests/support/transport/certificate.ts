import "reflect-metadata";
import { systemClock } from "@qumo/shared/runtime";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate that nobody signed but whose hash a client can pin, with its key. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the DER form, what `serverCertificateHashes` wants. */
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** SHA-256 in base64 of a certificate's public key, by which Chromium can be told to trust it. */
export async function keyHashOf({ certificate }: TestCertificate): Promise<string> {
  const { publicKey } = new X509Certificate(certificate);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey.rawData)).toBase64();
}

const DAY = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Makes a certificate for the loopback address, of a kind and age that browsers pin by hash. */
export async function makeCertificate(): Promise<TestCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    keys,
    notBefore: new Date(systemClock.wall() - DAY / 24),
    notAfter: new Date(systemClock.wall() + 9 * DAY),
    signingAlgorithm: ALGORITHM,
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  const hash = await crypto.subtle.digest("SHA-256", certificate.rawData);
  return { certificate: certificate.toString("pem"), key: pem(key), hash: new Uint8Array(hash) };
}

/** A certificate for the loopback address that an authority has signed, with that authority's. */
export async function makeSignedCertificate(): Promise<TestCertificate & { authority: string }> {
  const authorityKeys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const validity = {
    notBefore: new Date(systemClock.wall() - DAY / 24),
    notAfter: new Date(systemClock.wall() + 9 * DAY),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: "CN=test authority",
    keys: authorityKeys,
    ...validity,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=localhost",
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    ...validity,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  const hash = await crypto.subtle.digest("SHA-256", certificate.rawData);
  return {
    certificate: certificate.toString("pem"),
    key: pem(key),
    hash: new Uint8Array(hash),
    authority: authority.toString("pem"),
  };
}

function pem(key: ArrayBuffer): string {
  const lines = new Uint8Array(key).toBase64().match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}
