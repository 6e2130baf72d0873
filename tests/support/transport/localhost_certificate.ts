import type { CertificatePair } from "@qumo/shared/runtime";
import { generateCertificate } from "../../../relay/transport/mod.ts";

/** A certificate for `localhost`, other than any made before. */
export function localhostCertificate(): Promise<CertificatePair> {
  return generateCertificate(["localhost"]);
}
