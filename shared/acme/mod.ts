/** Certificates by ACME. Loaded where they are configured: most of its code is for cryptography. */
export type { AcmeCertificates } from "./acme_certificates.ts";
export { type AcmeTools, openAcme } from "./open_acme.ts";
