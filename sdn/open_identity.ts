import { messageOf, StartError } from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import { MeshIdentity } from "./mesh_identity.ts";
import type { Process } from "./process.ts";
import type { DataDir } from "./store/mod.ts";

const FILE = "mesh.jwk";

/**
 * What signs for relays: the key of the configuration, or the one in the data directory, which is made
 * once; or one for this process. Rejects with a StartError.
 */
export async function openIdentity(
  { mesh }: SdnConfig,
  { readText, clock }: Process,
  dataDir: DataDir | undefined,
): Promise<MeshIdentity> {
  const lifetimeMs = mesh.identityLifetimeSec * 1_000;
  return await MeshIdentity.open(await keyText(), { lifetimeMs, clock });

  async function keyText(): Promise<string> {
    try {
      if (mesh.keyFile !== "") return await readText(mesh.keyFile);
      return await dataDir?.secret(FILE, MeshIdentity.newKey) ?? await MeshIdentity.newKey();
    } catch (error) {
      throw new StartError(`cannot read the key for relays: ${messageOf(error)}`, "mesh.key_file");
    }
  }
}
