import {
  acmeFaults,
  certificatePairFaults,
  isLoopback,
  type KeyFault,
  parseAddress,
} from "@qumo/shared/runtime";
import { etcdPair, serverPair } from "./files.ts";
import type { SdnConfig } from "./settings.ts";

/** Rules that relate several values of the configuration; each fault is reported at its `key`. */
export function brokenRules(config: SdnConfig): KeyFault[] {
  const { server, auth, store, etcd, graph } = config;
  const broken: KeyFault[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (auth.mode === "loopback" && !isLoopback(parseAddress(server.address)!)) {
    refuse(
      "server.address",
      `refusing to listen on ${server.address} without access control: set \`auth.mode: token\` ` +
        "with `auth.tokens`, or `auth.mode: open` (or INSECURE=true) to allow anyone",
    );
  }
  if (auth.mode === "token" && auth.tokens.length === 0) {
    refuse("auth.tokens", "mode token needs at least one token");
  }
  for (const [place, token] of auth.tokens.entries()) {
    if (token.relay !== undefined && token.role !== "relay") {
      refuse(`auth.tokens.${place}`, "`relay` is only allowed with the role relay");
    }
  }
  broken.push(...certificatePairFaults(serverPair(config)));
  broken.push(...acmeFaults(config.acme, server.certFile));
  if (store === "sqlite" && graph.dataDir === "") {
    refuse("graph.data_dir", "`store: sqlite` needs a folder");
  }
  if (store === "etcd" && etcd.endpoints.length === 0) {
    refuse("etcd.endpoints", "`store: etcd` needs at least one URL");
  }
  if (store === "etcd" && (graph.peers.length > 0 || graph.peerUrl !== "")) {
    refuse("graph.peers", "controllers on one etcd tell each other all that is kept through it");
  }
  broken.push(...certificatePairFaults(etcdPair(config)));
  if ((etcd.user === "") !== (etcd.passwordFile === "")) {
    refuse("etcd.user", "a user and the file with its password go together");
  }
  const hasPeers = graph.peers.length > 0 || graph.peerUrl !== "";
  if (hasPeers && graph.syncIntervalSec > graph.nodeTtlSec / 2) {
    refuse(
      "graph.sync_interval_sec",
      "must be at most half of `graph.node_ttl_sec`: a peer that was away would end living relays",
    );
  }
  if (graph.tombstoneTtlSec < 2 * graph.nodeTtlSec) {
    refuse("graph.tombstone_ttl_sec", "must be at least twice `graph.node_ttl_sec`");
  }
  return broken;
}
