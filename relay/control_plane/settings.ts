import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { relayNameFault } from "@qumo/shared/topology";

/** Settings of the control plane. */
export interface ControlPlaneSettings {
  /** This relay's unique name in the mesh. */
  readonly name: string;
  readonly region: string;
  /** The version of this program. */
  readonly version: string;
  /** What the relays of this machine are together; absent for one that is alone. */
  readonly host?: string;
  /** Controllers, at least one, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** The neighbors of this relay, and the cost of the link to each. */
  readonly neighbors: ReadonlyMap<string, number>;
  /** The longest time between two heartbeats. */
  readonly heartbeatIntervalMs: number;
  /** A file with the bearer token; empty: none. */
  readonly tokenFile: string;
  /** Silence after which the mirror counts as stale. */
  readonly staleAfterMs: number;
  /**
   * Up to how many announces of all relays the mirror has all; of more it has those that sessions ask
   * for. Undefined: it always has all.
   */
  readonly mirrorAllUpTo?: number;
}

/** The parts of the configuration that these settings come from. */
export interface SettingsSource {
  readonly relay: { readonly nodeId: string; readonly region: string };
  readonly host?: { readonly member: number };
  readonly sdn: {
    readonly urls: readonly string[];
    readonly relayName: string;
    readonly neighbors: ReadonlyMap<string, number>;
    readonly heartbeatIntervalSec: number;
    readonly tokenFile: string;
    readonly staleAfterMs: number;
    readonly mirrorAllUpTo: number;
  };
}

/**
 * The settings that a configuration means on the host of this name; `undefined` without a controller.
 * Refuses, with a sentence, a host whose name cannot be the relay's.
 */
export function controlPlaneSettings(
  { relay, sdn, host }: SettingsSource,
  { hostname, version }: { readonly hostname: string; readonly version: string },
): Outcome<ControlPlaneSettings | undefined, string> {
  if (sdn.urls.length === 0) return done(undefined);
  const name = sdn.relayName || relay.nodeId || hostname;
  const fault = relayNameFault(name);
  if (fault !== undefined) {
    return refused(`The relay needs a name: the host's ${fault}; write \`sdn.relay_name\``);
  }
  if (sdn.neighbors.has(name)) {
    return refused(`sdn.neighbors has ${name}, which is the relay's own name, the host's`);
  }
  return done({
    name,
    region: relay.region,
    version,
    ...(host !== undefined && host.member > 0 && { host: name.replace(/-\d+$/, "") }),
    urls: sdn.urls,
    neighbors: sdn.neighbors,
    heartbeatIntervalMs: sdn.heartbeatIntervalSec * 1000,
    tokenFile: sdn.tokenFile,
    staleAfterMs: sdn.staleAfterMs,
    mirrorAllUpTo: sdn.mirrorAllUpTo,
  });
}
