import {
  type CertificateEvents,
  certificateFiles,
  type CertificateSource,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import type { AcmeCertificates, AcmeTools } from "@qumo/shared/acme";
import type { SdnConfig } from "./config/settings.ts";
import type { Process } from "./process.ts";

/** A certificate by ACME. The port of the API is opened when there is one. Rejects with a StartError. */
export async function openOrdered(
  { acme }: SdnConfig,
  tools: Omit<AcmeTools, "fetch" | "clock">,
  { clock, readText, fetchAs }: Process,
): Promise<AcmeCertificates> {
  const authority = acme.caFile === "" ? "" : await readText(acme.caFile);
  const client = { authority, certificate: "", key: "" };
  // Most of its code is for cryptography, which nobody else needs.
  const { openAcme } = await import("@qumo/shared/acme");
  return await openAcme(acme, {
    ...tools,
    clock,
    fetch: acme.caFile === "" ? fetch : fetchAs(client),
  });
}

/**
 * The configured certificate files, reloaded when they change; undefined when the API is plain
 * HTTP. Rejects with a StartError when the pair cannot be used.
 */
export async function openCertificates(
  { certFile, keyFile }: SdnConfig["server"],
  events: CertificateEvents,
  { clock, readText, modified }: Process,
): Promise<CertificateSource | undefined> {
  if (certFile === "") return undefined;
  const files = { certificatePath: certFile, keyPath: keyFile, readText, modified };
  try {
    return await certificateFiles(files, events, clock);
  } catch (error) {
    throw new StartError(
      `cannot start with certificate ${certFile} and key ${keyFile}: ${messageOf(error)}`,
      "server.cert_file",
    );
  }
}
