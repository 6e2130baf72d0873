import {
  type CertificateEvents,
  certificateFiles,
  type CertificateSource,
  type Clock,
  type FileAccess,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import { parseAddress, reachable, type RelayConfig } from "./config.ts";
import { generatedCertificates } from "./transport/mod.ts";

/** The configured files, or a certificate of our own. Rejects with a {@linkcode StartError}. */
export async function openCertificates(
  server: RelayConfig["server"],
  files: FileAccess,
  events: CertificateEvents,
  clock: Clock,
): Promise<CertificateSource> {
  if (server.certFile === "") {
    const { hostname } = reachable(parseAddress(server.address)!);
    const hosts = new Set(["localhost", "127.0.0.1", "::1", hostname]);
    return await generatedCertificates([...hosts], events, clock);
  }
  const { readText, modified } = files;
  const certificatePath = server.certFile;
  const keyPath = server.keyFile;
  try {
    return await certificateFiles({ certificatePath, keyPath, readText, modified }, events, clock);
  } catch (error) {
    throw new StartError(
      `cannot start with certificate ${certificatePath} and key ${keyPath}: ${messageOf(error)}`,
      "server.cert_file",
    );
  }
}
