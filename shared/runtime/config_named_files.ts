import { createPrivateKey, X509Certificate } from "node:crypto";
import { inspectCertificate } from "./certificates.ts";
import type { NamedFile } from "./config_definition.ts";
import type { LoadedConfig } from "./config_file.ts";
import type { KeyFault } from "./config_issues.ts";
import { found } from "./config_secrets.ts";
import { readFailure } from "./read_failure.ts";

/** A certificate and its key, as two keys of a configuration name them. */
export interface CertificatePaths {
  readonly certificate: { readonly key: string; readonly path: string };
  readonly key: { readonly key: string; readonly path: string };
}

/** Faults of the two paths: each needs the other. */
export function certificatePairFaults({ certificate, key }: CertificatePaths): KeyFault[] {
  if (certificate.path === "" && key.path !== "") {
    return [{
      key: key.key,
      text: `a key needs its certificate: write \`${certificate.key}\` too`,
    }];
  }
  if (key.path === "" && certificate.path !== "") {
    return [{
      key: certificate.key,
      text: `a certificate needs its key: write \`${key.key}\` too`,
    }];
  }
  return [];
}

/** A certificate, the leaf first, and its key. */
export function certificatePairFiles({ certificate, key }: CertificatePaths): NamedFile[] {
  return [
    {
      ...certificate,
      what: "a PEM file with the certificate, the leaf first",
      fault: (text) => attempt(() => new X509Certificate(text), "no certificate in PEM"),
    },
    {
      ...key,
      what: "a PEM file with the certificate's private key",
      fault(text, textOf) {
        const unread = attempt(() => createPrivateKey(text), "no private key in PEM");
        const pair = textOf(certificate.key);
        if (unread !== undefined || pair === undefined) return unread;
        return attempt(
          () => inspectCertificate({ certificate: pair, key: text }),
          "the key of another certificate",
        );
      },
    },
  ];
}

/** Certificates that others are verified by. */
export function authorityFile(key: string, path: string): NamedFile {
  return {
    key,
    path,
    what: "a PEM file with the authority's certificates",
    fault: (text) => attempt(() => new X509Certificate(text), "no certificate in PEM"),
  };
}

/** A token or a password, which a line break may end. */
export function secretFile(key: string, path: string): NamedFile {
  return {
    key,
    path,
    what: "a file with one word of printable ASCII",
    fault: (text) => /^[\x21-\x7e]+$/.test(text.trim()) ? undefined : "nothing that can be used",
  };
}

/** Checks every file that a configuration names; faults are reported at the place of the key. */
export async function fileFaults<T>(
  loaded: LoadedConfig<T>,
  files: readonly NamedFile[],
  readText: (path: string) => Promise<string>,
): Promise<string[]> {
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const { key, path, what, fault } of files) {
    if (path === "") continue;
    let problem;
    try {
      const text = await readText(path);
      const content = fault(text, (other) => texts.get(other));
      if (content === undefined) texts.set(key, text);
      else problem = `it has ${content}`;
    } catch (error) {
      problem = readFailure(error);
    }
    if (problem === undefined) continue;
    faults.push(
      loaded.line({ key, text: `found ${found(path, key)} (${problem}), allowed ${what}` }),
    );
  }
  return faults;
}

function attempt(act: () => unknown, otherwise: string): string | undefined {
  try {
    act();
    return undefined;
  } catch {
    return otherwise;
  }
}
