import { HttpMetrics, listenHttp } from "@qumo/shared/http";
import {
  type AcmeSettings,
  type CertificateEvents,
  type CertificateSource,
  type Clock,
  type Log,
  messageOf,
  parseAddress,
  StartError,
} from "@qumo/shared/runtime";
import { AcmeCertificates, type OrderCounts } from "./acme_certificates.ts";
import { Challenges } from "./challenges.ts";
import { SecretFolder } from "./folder.ts";

/** What {@linkcode openAcme} takes from the program. */
export interface AcmeTools {
  /** Asks the authority. */
  readonly fetch: typeof fetch;
  readonly events: Pick<CertificateEvents, "onChange">;
  readonly counts: OrderCounts;
  readonly clock: Clock;
  readonly log: Log;
  /** What is shown until the authority has given a certificate. */
  readonly fallback?: () => Promise<CertificateSource>;
}

/** Listens for challenges, and gets and renews the certificate. Rejects with a StartError. */
export async function openAcme(
  settings: AcmeSettings,
  { fallback, ...tools }: AcmeTools,
): Promise<AcmeCertificates> {
  const challenges = new Challenges();
  const listener = listen(settings.httpAddress, challenges, tools);
  const folder = new SecretFolder(settings.folder);
  const onClose = () => listener.close(0);
  const parts = { ...settings, ...tools, folder, challenges, onClose, random: Math.random };
  return await AcmeCertificates.open(parts, fallback);
}

function listen(address: string, challenges: Challenges, { clock, log }: AcmeTools) {
  try {
    return listenHttp({
      ...parseAddress(address)!,
      handle: challenges.handle,
      metrics: new HttpMetrics(),
      clock,
      log,
    });
  } catch (error) {
    throw new StartError(
      `cannot listen on ${address} (TCP) for challenges: ${messageOf(error)}`,
      "acme.http_address",
    );
  }
}
