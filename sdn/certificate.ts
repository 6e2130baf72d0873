import {
  type CertificateEvents,
  certificateFiles,
  type CertificateSource,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import type { Process } from "./process.ts";

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
