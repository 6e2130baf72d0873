import type { KeyRing } from "../key_ring.ts";
import type { TokenTime } from "../in_force.ts";
import type { CatSettings } from "./cat_claims.ts";
import type { CatVerifier } from "./cat_verifier.ts";

/**
 * What verifies CAT, where they are taken: only there is COSE loaded, which costs memory for as long
 * as the relay runs.
 */
export async function openCat(
  settings: CatSettings & { readonly enabled: boolean },
  ring: KeyRing & TokenTime,
): Promise<CatVerifier | undefined> {
  if (!settings.enabled) return undefined;
  const { CatVerifier } = await import("./cat_verifier.ts");
  return new CatVerifier({ ...ring, settings });
}
