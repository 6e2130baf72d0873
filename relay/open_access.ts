import type { AccessCounts, TokenAccess } from "./access/token_access.ts";
import type { RelayOptions } from "./relay_options.ts";

/**
 * Access by tokens where the configuration asks for it; otherwise undefined, and everybody who can
 * reach the relay may do everything. Rejects with a StartError.
 */
export async function openAccess(
  { config: { auth }, files, clock, log }: RelayOptions,
  counts: AccessCounts,
): Promise<TokenAccess | undefined> {
  if (auth.mode !== "token") return undefined;
  // Most of its code is for cryptography, which nobody else needs.
  const { tokenAccess } = await import("./access/token_access.ts");
  return await tokenAccess({ settings: auth, files, clock, log, counts });
}
