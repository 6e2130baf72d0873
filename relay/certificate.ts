import {
  type CertificateEvents,
  certificateFiles,
  type CertificateSource,
  type Clock,
  type FileAccess,
  type Log,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import { parseAddress, reachable, type RelayConfig } from "./config.ts";
import { generatedCertificates } from "./transport/mod.ts";

/** Callbacks for certificate changes. */
export interface CertificateWatch {
  readonly clock: Clock;
  readonly log: Log;
  readonly reloads: Record<"ok" | "refused", number>;
  /** Called with each new certificate. */
  readonly onChange: CertificateEvents["onChange"];
}

/**
 * The configured certificate files, or a generated certificate. Rejects with a {@linkcode
 * StartError}.
 */
export async function openCertificates(
  server: RelayConfig["server"],
  files: FileAccess,
  watch: CertificateWatch,
): Promise<CertificateSource> {
  const { clock } = watch;
  const events = eventsOf(watch);
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

function eventsOf({ log, reloads, onChange }: CertificateWatch): CertificateEvents {
  return {
    onChange: (certificate) => {
      reloads.ok++;
      onChange(certificate);
      const until = new Date(certificate.notAfter).toISOString();
      log.info("certificate replaced", { sha256: certificate.hash, until });
    },
    onRefused: (reason) => {
      reloads.refused++;
      log.warn("new certificate refused, the old one stays in use", { reason });
    },
  };
}
