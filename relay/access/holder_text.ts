import type { Rights } from "../session/rights.ts";
import type { Policy } from "./policy.ts";

/** The ids of the tokens of these policies, in one text. */
export function idsOf(policies: readonly Policy[]): string {
  return policies.flatMap(({ holder: { tokenId } }) => tokenId ?? []).join(" ");
}

/** For logs: whose rights these are. */
export function holderOf(policies: readonly Policy[]): Rights["holder"] {
  const said = policies.find(({ holder }) => holder.tokenId !== undefined)?.holder;
  if (said === undefined) return {};
  const { subject, tenant, keyId } = said;
  return { token: idsOf(policies), subject, tenant, key: keyId };
}
