import type { RelayConfig } from "./config.ts";
import type { SessionSettings } from "./session/settings.ts";
import { version } from "./version.ts";

/** What the configuration says of sessions. */
export function sessionSettings(
  { relay, server, limits, delivery }: RelayConfig,
): SessionSettings {
  return {
    implementation: `${version.name} ${version.version}`,
    lateJoin: relay.lateJoin,
    cost: relay.cost,
    forward: relay.forward,
    solicit: relay.solicit,
    rendezvousMaxMs: relay.rendezvousMaxMs,
    requestTimeoutMs: relay.requestTimeoutMs,
    setupTimeoutMs: server.handshakeTimeoutMs,
    maxIncomingStreams: server.maxUniStreams,
    limits,
    delivery,
  };
}
