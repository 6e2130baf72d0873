import type { z } from "zod";
import { addressForm, parseAddress } from "./address.ts";
import type { KeyFault } from "./config_issues.ts";
import { section } from "./config_section.ts";
import { listOf, text, yesNo } from "./config_values.ts";

/** Names of one certificate: more than anybody needs, and what authorities allow. */
const MAX_DOMAINS = 100;

const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/** Certificates that a program gets itself, by ACME. */
export const acmeSettings = section({
  domains: listOf(
    text(253, "a domain without a wildcard", (name) => DOMAIN.test(name)),
    MAX_DOMAINS,
  )
    .default([]),
  email: text(254, "an email address", (value) => value === "" || /^\S+@\S+$/.test(value))
    .default(""),
  directoryUrl: text(2048, "a URL with https", (value) => /^https:\/\/\S+$/.test(value))
    .default("https://acme-v02.api.letsencrypt.org/directory"),
  termsAccepted: yesNo().default(false),
  folder: text(4096, "a path").default(""),
  httpAddress: text(64, addressForm(80), (value) => parseAddress(value) !== undefined)
    .default(":80"),
  caFile: text(4096, "a path").default(""),
});

/** See {@linkcode acmeSettings}. */
export type AcmeSettings = z.output<typeof acmeSettings>;

/** Rules between values; `certFile` is the certificate that is configured otherwise. */
export function acmeFaults(acme: AcmeSettings, certFile: string): KeyFault[] {
  if (acme.domains.length === 0) return [];
  const faults: KeyFault[] = [];
  if (!acme.termsAccepted) {
    faults.push({
      key: "acme.terms_accepted",
      text: "the authority gives certificates to those who accept its terms: read them, write true",
    });
  }
  if (acme.folder === "") {
    faults.push({ key: "acme.folder", text: "a folder for the account's key and the certificate" });
  }
  if (certFile !== "") {
    faults.push({
      key: "acme.domains",
      text: "there is one certificate: remove these, or `server.cert_file`",
    });
  }
  return faults;
}
