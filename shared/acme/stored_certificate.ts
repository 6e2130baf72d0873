import { X509Certificate } from "node:crypto";
import { type Certificate, type CertificatePair, inspectCertificate } from "@qumo/shared/runtime";

/** A certificate and its key as one file has them, so that none is without the other. */
export function pairToText({ certificate, key }: CertificatePair): string {
  return `${key.trimEnd()}\n${certificate.trimEnd()}\n`;
}

/** Reads {@linkcode pairToText}. Throws when it is something else, or not for all of these domains. */
export function pairFromText(text: string, domains: readonly string[]): Certificate {
  const blocks = text.match(/-----BEGIN ([^-]+)-----[^]*?-----END \1-----/g) ?? [];
  const isKey = (block: string) => block.includes("PRIVATE KEY");
  const certificate = blocks.filter((block) => !isKey(block)).join("\n");
  const pair = inspectCertificate({ certificate, key: blocks.find(isKey) ?? "" });
  const missing = domains.find((domain) => !isFor(certificate, domain));
  if (missing !== undefined) throw new Error(`it is not for ${missing}`);
  return pair;
}

function isFor(certificate: string, domain: string): boolean {
  const names = new X509Certificate(certificate).subjectAltName?.toLowerCase().split(", ") ?? [];
  return names.includes(`dns:${domain.toLowerCase()}`);
}
