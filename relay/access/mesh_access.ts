import { type Clock, type FileAccess, type Log, messageOf, StartError } from "@qumo/shared/runtime";
import type { Gate, LinkToken } from "../session/rights.ts";
import { ControllerIdentity, type Identify } from "./controller_identity.ts";
import { GrantVerifier } from "./grants.ts";
import { KeyStore } from "./key_store.ts";
import { RelayGate } from "./relay_gate.ts";
import type { RelayBans } from "./relay_rights.ts";
import { RelaySigner } from "./relay_signer.ts";
import { RelayVerifier } from "./relay_verifier.ts";
import { readSigningKey } from "./signing_keys.ts";
import type { KeyCounts } from "./token_access.ts";

/** By which keys relays prove their names to each other. */
export interface MeshKeySettings {
  /** The file of this relay's own key; empty: it proves its name to nobody. */
  readonly keyFile: string;
  /** Files of the keys of other relays. */
  readonly trustedKeys: readonly string[];
  /** Whether a controller says who relays are, where this one has no key of its own. */
  readonly hasController: boolean;
  readonly tokenLifetimeMs: number;
  readonly keyReloadMs: number;
  readonly clockSkewMs: number;
}

/** What access of relays is built from. */
export interface MeshAccessParts {
  readonly settings: MeshKeySettings;
  readonly files: Pick<FileAccess, "readText">;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Pick<KeyCounts, "keyReloads">;
}

/** Access of other relays, until it is closed. */
export interface MeshAccess {
  /**
   * Lets relays of the mesh in at the relay of this name, but for what is revoked, and leaves everybody
   * else to `others`.
   */
  gate(name: string, others: Gate, bans?: RelayBans): Gate;
  /** What the relay `name` shows to the one that it calls; undefined without a key of its own. */
  tokenFor(name: string, audience: string): LinkToken | undefined;
  /** Asks the controller from now on who this relay is, where that does not follow from keys. */
  begin(identify: Identify): void;
  /** Looks at the keys now. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Reads the keys of the mesh; rejects with a {@linkcode StartError} when that fails. */
export async function meshAccess(parts: MeshAccessParts): Promise<MeshAccess> {
  const { settings, files, clock, log } = parts;
  const { keyFile, tokenLifetimeMs: lifetimeMs, clockSkewMs } = settings;
  const readKey = () => files.readText(keyFile);
  if (keyFile !== "") await checkSigning(keyFile, readKey);
  const store = await openStore(parts);
  const byController = settings.hasController && keyFile === ""
    ? await ControllerIdentity.make({ tokenLifetimeMs: lifetimeMs, clock, log })
    : undefined;
  return {
    gate(audience, others, bans) {
      const keys = () => store.current;
      const grants = byController && grantsOf(byController, { clock, clockSkewMs });
      const verifier = new RelayVerifier({
        keys,
        audience,
        clock,
        clockSkewMs,
        ...(grants && { grants }),
      });
      return new RelayGate({ verifier, others, clock, ...(bans !== undefined && { bans }) });
    },
    tokenFor(name, audience) {
      if (keyFile === "") return byController?.tokenFor(name, audience);
      const key = async () => ({ key: await readSigningKey(await readKey()) });
      return new RelaySigner({ key, name, lifetimeMs, clock, log }).tokenFor(audience);
    },
    begin: (identify) => byController?.begin(identify),
    reload: () => store.reload(),
    async close() {
      store.close();
      await byController?.close();
    },
  };
}

function grantsOf(
  byController: ControllerIdentity,
  { clock, clockSkewMs }: Pick<MeshAccessParts, "clock"> & { readonly clockSkewMs: number },
): GrantVerifier {
  const keys = () => byController.keys;
  return new GrantVerifier({ keys, missed: () => byController.missed(), clock, clockSkewMs });
}

async function openStore(
  { settings, files, clock, log, counts }: MeshAccessParts,
): Promise<KeyStore> {
  const { keyFile, trustedKeys, keyReloadMs: reloadMs } = settings;
  // Relays that share one key trust it; of a private key its public half is used.
  const sources = [...(keyFile === "" ? [] : [keyFile]), ...trustedKeys];
  const reloads = counts.keyReloads;
  try {
    return await KeyStore.open({ sources, files, fetch, clock, log, reloadMs, reloads });
  } catch (error) {
    throw new StartError(`cannot start with the keys of the mesh: ${messageOf(error)}`, "mesh");
  }
}

async function checkSigning(path: string, readKey: () => Promise<string>): Promise<void> {
  try {
    await readSigningKey(await readKey());
  } catch (error) {
    throw new StartError(
      `cannot start with the key of this relay, ${path}: ${messageOf(error)}`,
      "mesh.key_file",
    );
  }
}
