import {
  authorityFile,
  certificatePairFiles,
  type CertificatePaths,
  type NamedFile,
  secretFile,
} from "@qumo/shared/runtime";
import type { RelayConfig } from "./settings.ts";
import { parseUpstream } from "./upstream.ts";

/** The files that a configuration names. */
export function namedFiles(config: RelayConfig): NamedFile[] {
  const { acme, auth, sdn, mesh, ops, upstream } = config;
  return [
    ...certificatePairFiles(serverPair(config)),
    authorityFile("acme.ca_file", acme.caFile),
    authorityFile("auth.ca_file", auth.caFile),
    secretFile("auth.hook.token_file", auth.hook.tokenFile),
    secretFile("sdn.token_file", sdn.tokenFile),
    authorityFile("sdn.tls.ca_file", sdn.tls.caFile),
    ...certificatePairFiles(controllerPair(config)),
    authorityFile("mesh.ca_file", mesh.caFile),
    ...upstream.map((text, place) =>
      secretFile(`upstream.${place}`, parseUpstream(text)?.tokenFile ?? "")
    ),
    ...ops.tokens.map(({ token_file: path = "" }, place) =>
      secretFile(`ops.tokens.${place}.token_file`, path)
    ),
  ];
}

/** The certificate for clients. */
export function serverPair({ server }: RelayConfig): CertificatePaths {
  return {
    certificate: { key: "server.cert_file", path: server.certFile },
    key: { key: "server.key_file", path: server.keyFile },
  };
}

/** The client certificate for the controller. */
export function controllerPair({ sdn: { tls } }: RelayConfig): CertificatePaths {
  return {
    certificate: { key: "sdn.tls.cert_file", path: tls.certFile },
    key: { key: "sdn.tls.key_file", path: tls.keyFile },
  };
}
