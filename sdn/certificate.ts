import {
  type CertificateEvents,
  certificateFiles,
  type CertificateSource,
} from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import type { Process } from "./process.ts";

/**
 * The configured files, followed as they change; undefined where the API is plain HTTP. Rejects with
 * an Error for the operator when the pair cannot be used.
 */
export async function openCertificates(
  { certFile, keyFile }: SdnConfig["server"],
  events: CertificateEvents,
  { clock, readText, modified }: Process,
): Promise<CertificateSource | undefined> {
  if (certFile === "") return undefined;
  const files = { certificatePath: certFile, keyPath: keyFile, readText, modified };
  return await certificateFiles(files, events, clock);
}
