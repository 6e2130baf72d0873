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
import { parseAddress, reachable, type RelayConfig, tlsFetch } from "./config.ts";
import type { Starter } from "./starter.ts";
import { generatedCertificates } from "./transport/mod.ts";

/** What certificates are opened with. */
export interface CertificateWatch {
  /** Gives a member the certificate that all members have; absent: nothing does. */
  readonly starter: Pick<Starter, "certificates"> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly reloads: Record<"ok" | "refused", number>;
  /** Orders by ACME. */
  readonly orders: Record<"ok" | "failed", number>;
  /** Called with each new certificate. */
  readonly onChange: CertificateEvents["onChange"];
}

/** Where the relay's certificate comes from. */
export interface RelayCertificates {
  readonly source: CertificateSource;
  /** Whether the current one is generated here. */
  readonly isGenerated: () => boolean;
}

/**
 * The configured certificate files, one by ACME, or a generated certificate. Rejects with a
 * {@linkcode StartError}.
 */
export async function openCertificates(
  config: RelayConfig,
  files: FileAccess,
  watch: CertificateWatch,
): Promise<RelayCertificates> {
  const { server, acme } = config;
  const { clock, starter } = watch;
  const events = eventsOf(watch);
  const generate = () => generatedFor(config, events, clock);
  if (acme.domains.length > 0) return await openOrdered(acme, files, { watch, events, generate });
  if (server.certFile === "") {
    if (config.host.member > 0 && starter === undefined) {
      watch.log.warn("each member of the machine has a certificate of its own", {
        hint: "let them share one, as clients have to know it: server.cert_file",
      });
    }
    const source = await (starter?.certificates(events) ?? generate());
    return { source, isGenerated: () => true };
  }
  return { source: await openFiles(server, files, { events, clock }), isGenerated: () => false };
}

/** A generated certificate for clients on this machine and at the address that is listened on. */
export function generatedFor(
  { server }: RelayConfig,
  events: CertificateEvents,
  clock: Clock,
): Promise<CertificateSource> {
  const { hostname } = reachable(parseAddress(server.address)!);
  const hosts = new Set(["localhost", "127.0.0.1", "::1", hostname]);
  return generatedCertificates([...hosts], events, clock);
}

/** A certificate by ACME; until there is one, and where none can be had, a generated one. */
async function openOrdered(
  acme: RelayConfig["acme"],
  { readText }: FileAccess,
  { watch, events, generate }: {
    readonly watch: CertificateWatch;
    readonly events: CertificateEvents;
    readonly generate: () => Promise<CertificateSource>;
  },
): Promise<RelayCertificates> {
  const fetching = await tlsFetch(acme, readText);
  if (!fetching.ok) throw new StartError(fetching.refusal, "acme.ca_file");
  // Most of its code is for cryptography, which nobody else needs.
  const { openAcme } = await import("@qumo/shared/acme");
  const { fetch } = fetching.value;
  const { orders: counts, ...tools } = watch;
  const source = await openAcme(acme, { ...tools, counts, events, fetch, fallback: generate });
  return { source, isGenerated: () => !source.isOwn };
}

async function openFiles(
  server: RelayConfig["server"],
  { readText, modified }: FileAccess,
  { events, clock }: { readonly events: CertificateEvents; readonly clock: Clock },
): Promise<CertificateSource> {
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
