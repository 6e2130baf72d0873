import "reflect-metadata";
import { systemClock } from "@qumo/shared/runtime";
import {
  BasicConstraintsExtension,
  type Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate whose hash a client can pin, with its key. */
export type TestCertificate = Awaited<ReturnType<typeof issue>>;

/** Makes a certificate for the loopback address, of a kind and age that browsers pin by hash. */
export function makeCertificate(): Promise<TestCertificate> {
  return issue("CN=localhost", NAMES);
}

/** A certificate for the loopback address that an authority has signed, with that authority's. */
export async function makeSignedCertificate(): Promise<TestCertificate & { authority: string }> {
  const authority = await issue("CN=test authority", new BasicConstraintsExtension(true, 0, true));
  const certificate = await issue("CN=localhost", NAMES, authority);
  return { ...certificate, authority: authority.certificate };
}

const DAY = 24 * 60 * 60 * 1000;
const NAMES = new SubjectAlternativeNameExtension([
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
]);
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Without an issuer the certificate is signed by its own key. */
async function issue(
  subject: string,
  extension: Extension,
  issuer?: { readonly subject: string; readonly signingKey: CryptoKey },
) {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const signingKey = keys.privateKey;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subject ?? subject,
    publicKey: keys.publicKey,
    signingKey: issuer?.signingKey ?? signingKey,
    notBefore: new Date(systemClock.wall() - DAY / 24),
    notAfter: new Date(systemClock.wall() + 9 * DAY),
    signingAlgorithm: ALGORITHM,
    extensions: [extension],
  });
  const key = await crypto.subtle.exportKey("pkcs8", signingKey);
  return {
    certificate: certificate.toString("pem"),
    key: PemConverter.encode(key, "PRIVATE KEY"),
    // SHA-256 of the DER form, what `serverCertificateHashes` wants.
    hash: new Uint8Array(await certificate.getThumbprint("SHA-256")),
    subject,
    signingKey,
  };
}
