import type { MeshAccess } from "./access/mesh_access.ts";
import type { Steering, SteeringCounts } from "./access/steering.ts";
import type { KeyCounts } from "./access/token_access.ts";
import { openAccess } from "./open_access.ts";
import type { RelayOptions } from "./relay_options.ts";
import { clientGate, type Gate, type LinkToken } from "./session/rights.ts";

/** Who may come in, and what this relay shows to others. */
export interface RelayAccess {
  /** Decides who may come in at the relay of this name. */
  gate(name: string): Gate;
  /** What the relay `name` shows to the one that it calls, if anything. */
  tokenFor(name: string, audience: string): LinkToken | undefined;
  /** What controllers say about access; absent: nothing asks for it. */
  readonly steering: Steering | undefined;
  /** Looks at the keys now. */
  reload(): Promise<void>;
  close(): void;
}

/**
 * Access by tokens, and of relays by their keys, where the configuration asks for it; otherwise
 * undefined. Rejects with a StartError.
 */
export async function openRelayAccess(
  options: RelayOptions,
  counts: SteeringCounts & KeyCounts,
): Promise<RelayAccess | undefined> {
  const tokens = await openAccess(options, counts);
  let mesh: MeshAccess | undefined;
  try {
    mesh = await openMesh(options, counts);
  } catch (error) {
    tokens?.close();
    throw error;
  }
  if (tokens === undefined && mesh === undefined) return undefined;
  return {
    gate(name) {
      // Where relays have keys, nobody is believed without.
      const others = tokens?.gate ?? clientGate;
      return mesh?.gate(name, others) ?? others;
    },
    steering: tokens?.steering,
    tokenFor: (name, audience) => mesh?.tokenFor(name, audience),
    reload: async () => void await Promise.all([tokens?.reload(), mesh?.reload()]),
    close: () => {
      tokens?.close();
      mesh?.close();
    },
  };
}

async function openMesh(
  { config: { auth, mesh }, files, clock, log }: RelayOptions,
  counts: KeyCounts,
): Promise<MeshAccess | undefined> {
  const { keyFile, trustedKeys } = mesh;
  if (keyFile === "" && trustedKeys.length === 0) return undefined;
  const { meshAccess } = await import("./access/mesh_access.ts");
  const { keyReloadMs, clockSkewMs } = auth;
  const tokenLifetimeMs = mesh.tokenLifetimeSec * 1_000;
  const settings = { keyFile, trustedKeys, tokenLifetimeMs, keyReloadMs, clockSkewMs };
  return await meshAccess({ settings, files, clock, log, counts });
}
