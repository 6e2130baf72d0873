import { createPrivateKey, X509Certificate } from "node:crypto";

/** Certificate and key, both PEM. The certificate may be a chain, the leaf first. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** A verified pair: it parses, and the key belongs to the certificate. */
export interface Certificate extends CertificatePair {
  /** SHA-256 of the leaf's DER, 64 lower-case hex characters: what clients pin. */
  readonly hash: string;
  /** The validity period, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Where a listener's certificate comes from, over the time that it runs. */
export interface CertificateSource {
  /** The certificate for new handshakes. */
  readonly current: Certificate;
  /**
   * Checks for a new certificate now; false when there is none, or when it was refused and the old
   * one stays in use.
   */
  reload(): Promise<boolean>;
  /** Stops watching. */
  close(): void | Promise<void>;
}

/** Callbacks of a {@linkcode CertificateSource}. */
export interface CertificateEvents {
  /** A new, verified certificate. When this throws, the old one stays in use. */
  readonly onChange: (certificate: Certificate) => void;
  /** A new certificate was refused; the old one stays in use. */
  readonly onRefused: (reason: string) => void;
}

/**
 * Parses a pair and checks that the two belong together. Throws a plain Error that says what is
 * wrong in words for an operator.
 */
export function inspectCertificate({ certificate, key }: CertificatePair): Certificate {
  const leaf = parse("certificate", () => new X509Certificate(certificate));
  const privateKey = parse("key", () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new Error("Cannot use certificate: the key belongs to another one");
  }
  return {
    certificate,
    key,
    hash: hashOf(leaf),
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
  };
}

/** SHA-256 of the DER of the first certificate in a PEM text, in hex, as clients pin it. */
export function sha256OfPem(pem: string): string {
  return hashOf(parse("certificate", () => new X509Certificate(pem)));
}

function hashOf(leaf: X509Certificate): string {
  return leaf.fingerprint256.replaceAll(":", "").toLowerCase();
}

function parse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`Cannot read ${what}: not a PEM text that is understood`, { cause });
  }
}
