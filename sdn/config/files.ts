import {
  authorityFile,
  certificatePairFiles,
  type CertificatePaths,
  type NamedFile,
  secretFile,
} from "@qumo/shared/runtime";
import type { SdnConfig } from "./settings.ts";

/** The files that a configuration names: certificates, keys, tokens. */
export function namedFiles(config: SdnConfig): NamedFile[] {
  const { acme, auth, etcd, graph, store } = config;
  return [
    ...certificatePairFiles(serverPair(config)),
    authorityFile("acme.ca_file", acme.caFile),
    ...(auth.mode !== "token"
      ? []
      : auth.tokens.map(({ token_file: path = "" }, place) =>
        secretFile(`auth.tokens.${place}.token_file`, path)
      )),
    ...(store !== "etcd" ? [] : [
      secretFile("etcd.password_file", etcd.passwordFile),
      authorityFile("etcd.ca_file", etcd.caFile),
      ...certificatePairFiles(etcdPair(config)),
    ]),
    secretFile("graph.peer_token_file", graph.peerTokenFile),
  ];
}

/** The controller's server certificate and key. */
export function serverPair({ server }: SdnConfig): CertificatePaths {
  return {
    certificate: { key: "server.cert_file", path: server.certFile },
    key: { key: "server.key_file", path: server.keyFile },
  };
}

/** The client certificate and key for etcd. */
export function etcdPair({ etcd }: SdnConfig): CertificatePaths {
  return {
    certificate: { key: "etcd.cert_file", path: etcd.certFile },
    key: { key: "etcd.key_file", path: etcd.keyFile },
  };
}
