import { StartError } from "@qumo/shared/runtime";
import type { AccessCounts, TokenAccess } from "./access/token_access.ts";
import { tlsFetch } from "./config.ts";
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
  const fetching = await tlsFetch({ caFile: auth.caFile }, (path) => files.readText(path));
  if (!fetching.ok) throw new StartError(fetching.refusal, "auth.ca_file");
  const { fetch, close } = fetching.value;
  // Most of its code is for cryptography, which nobody else needs.
  const { tokenAccess } = await import("./access/token_access.ts");
  const access = await tokenAccess({ settings: auth, files, fetch, clock, log, counts });
  return {
    ...access,
    close() {
      access.close();
      close();
    },
  };
}
