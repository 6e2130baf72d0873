import {
  type Clock,
  type FileAccess,
  inspectCertificate,
  isLoopback,
  messageOf,
} from "@qumo/shared/runtime";
import { parseAddress, type RelayConfig } from "../config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { EXPIRES_SOON_MS } from "./limits.ts";

/** Whether clients will take the relay's certificate, and for how long. */
export async function checkCertificate(
  { server, acme }: Pick<RelayConfig, "server" | "acme">,
  { readText, clock }: Pick<FileAccess, "readText"> & { readonly clock: Clock },
): Promise<Finding> {
  const { certFile, keyFile, address } = server;
  if (acme.domains.length > 0) {
    const names = acme.domains.join(", ");
    return ok("certificate", `by ACME, for ${names}: /metrics says until when it is valid`);
  }
  if (certFile === "") return generated(address);
  try {
    const [certificate, key] = await Promise.all([readText(certFile), readText(keyFile)]);
    const { notBefore, notAfter } = inspectCertificate({ certificate, key });
    return validity({ notBefore, notAfter }, clock.wall());
  } catch (error) {
    return fail(
      "certificate",
      `${certFile} with ${keyFile} cannot be used: ${messageOf(error)}`,
      "Both are PEM, the leaf first, and the key belongs to the leaf.",
    );
  }
}

function generated(address: string): Finding {
  const text = "the relay makes its own, which clients take by its hash alone";
  if (isLoopback(parseAddress(address)!)) return ok("certificate", text);
  return warn(
    "certificate",
    text,
    "Browsers of others need one of an authority: server.cert_file and server.key_file.",
  );
}

function validity(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  now: number,
): Finding {
  const from = new Date(notBefore).toISOString();
  const until = new Date(notAfter).toISOString();
  if (now < notBefore) {
    return fail("certificate", `valid from ${from} on, and not yet`, "Look at the clock.");
  }
  if (now > notAfter) return fail("certificate", `expired at ${until}`, "Renew it.");
  if (notAfter - now > EXPIRES_SOON_MS) return ok("certificate", `valid until ${until}`);
  return warn(
    "certificate",
    `expires at ${until}`,
    "Renew it; the relay reads the new files itself.",
  );
}
