import { hashedToken } from "@qumo/shared/http";
import type { Clock } from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import type { ControllerOptions } from "./control/controller_options.ts";
import type { CostPolicy } from "./graph/mod.ts";
import { type Authenticate, type KnownToken, openAccess, tokenAccess } from "./http/auth.ts";
import type { Process } from "./process.ts";
import { httpPeer } from "./sync/mod.ts";

/** The options of a controller with this name. */
export function controllerOptions({ graph, watch }: SdnConfig, name: string): ControllerOptions {
  return {
    name,
    leaseMs: graph.nodeTtlSec * 1000,
    tombstoneMs: graph.tombstoneTtlSec * 1000,
    smoothing: graph.smoothing,
    policy: costPolicy(graph),
    oneWayLinks: graph.oneWayLinks,
    spfHoldMs: graph.spfHoldMs,
    regions: new Map(
      graph.regions.map(({ name, latitude, longitude }) => [name, { latitude, longitude }]),
    ),
    history: watch.history,
    historyBytes: watch.historyBytes,
  };
}

function costPolicy(
  { costPolicy: kind, minGain, holdMs, weights }: SdnConfig["graph"],
): CostPolicy {
  if (kind === "static") return { kind };
  const hysteresis = { minGain, holdMs };
  return kind === "rtt" ? { kind, hysteresis } : { kind, weights, hysteresis };
}

/** Reads the configured tokens. Rejects when a token file cannot be read. */
export async function readAccess(
  { auth }: SdnConfig,
  { readText }: Process,
): Promise<Authenticate> {
  if (auth.mode !== "token") return openAccess;
  const tokens = await Promise.all(auth.tokens.map(async (token): Promise<KnownToken> => {
    const { role, relay } = token;
    return { ...await hashedToken(token, readText), role, ...(relay !== undefined && { relay }) };
  }));
  return tokenAccess(tokens);
}

/** The token for peer controllers; empty: none. Rejects when its file cannot be read. */
export async function readPeerToken(
  { graph }: SdnConfig,
  { readText }: Process,
): Promise<string> {
  return graph.peerTokenFile === "" ? "" : (await readText(graph.peerTokenFile)).trim();
}

/** The configured peer controllers; `token` gives what they are shown. */
export function peersOf({ graph }: SdnConfig, token: () => string, clock: Clock) {
  const urls = [...graph.peers, ...(graph.peerUrl === "" ? [] : [graph.peerUrl])];
  return urls.map((url) => httpPeer(url, { token, clock }));
}
