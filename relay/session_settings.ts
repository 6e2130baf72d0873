import type { RelayConfig } from "./config.ts";
import { linkStreams } from "./neighbor_dialer.ts";
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

/** What it says of sessions on outgoing links. */
export function linkSettings(config: RelayConfig): SessionSettings {
  return { ...sessionSettings(config), maxIncomingStreams: linkStreams(config.server) };
}

/** The settings after a change of the keys that a running relay takes anew, `LIVE_KEYS.sessions`. */
export function changedSettings(
  before: SessionSettings,
  { relay, limits, delivery }: RelayConfig,
): SessionSettings {
  const { lateJoin, forward, solicit, rendezvousMaxMs } = relay;
  const { maxObjectBytes } = before.limits;
  return {
    ...before,
    lateJoin,
    forward,
    solicit,
    rendezvousMaxMs,
    limits: { ...limits, maxObjectBytes },
    delivery,
  };
}
