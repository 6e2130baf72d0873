import type { Identify } from "./access/controller_identity.ts";
import type { MeshAccess } from "./access/mesh_access.ts";
import type { Steering, SteeringCounts } from "./access/steering.ts";
import type { KeyCounts } from "./access/token_access.ts";
import { type Access, openAccess } from "./open_access.ts";
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
  /** Asks the controller from now on who this relay is, where that does not follow from keys. */
  begin(identify: Identify): void;
  /** See {@linkcode Access}. */
  readonly follow: Access["follow"];
  /** Looks at the keys now. */
  reload(): Promise<void>;
  close(): Promise<void>;
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
      return mesh?.gate(name, others, tokens?.steering) ?? others;
    },
    steering: tokens?.steering,
    follow: tokens?.follow,
    tokenFor: (name, audience) => mesh?.tokenFor(name, audience),
    reload: async () => void await Promise.all([tokens?.reload(), mesh?.reload()]),
    async close() {
      tokens?.close();
      await mesh?.close();
    },
    begin: (identify) => mesh?.begin(identify),
  };
}

async function openMesh(
  { config: { auth, mesh, sdn }, files, clock, log }: RelayOptions,
  counts: KeyCounts,
): Promise<MeshAccess | undefined> {
  const { keyFile, trustedKeys } = mesh;
  const hasController = auth.mode === "token" && sdn.urls.length > 0;
  if (keyFile === "" && trustedKeys.length === 0 && !hasController) return undefined;
  const { meshAccess } = await import("./access/mesh_access.ts");
  const { keyReloadMs, clockSkewMs } = auth;
  const tokenLifetimeMs = mesh.tokenLifetimeSec * 1_000;
  const times = { tokenLifetimeMs, keyReloadMs, clockSkewMs };
  const settings = { keyFile, trustedKeys, hasController, ...times };
  return await meshAccess({ settings, files, clock, log, counts });
}
