import { namespaceText } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { Denial } from "./denial.ts";
import { idsOf } from "./holder_text.ts";
import type { Holder, Policy, Right } from "./policy.ts";

const VERBS: Record<Right, string> = {
  publish: "publish",
  announce: "announce",
  subscribe: "subscribe to",
  fetch: "fetch",
  status: "ask about",
  see: "see namespaces under",
};

/** Says that the policies in force do not allow this with a name. */
export function notAllowed(right: Right, name: Namespace, inForce: readonly Policy[]): Denial {
  const ids = idsOf(inForce);
  const who = ids === "" ? "nothing allows the peer" : `token ${ids} does not allow`;
  return { kind: "unauthorized", reason: `${who} to ${VERBS[right]} ${namespaceText(name)}` };
}

/** Says why none of these is in force; `banOf` is why a holder's tokens count no more. */
export function noneInForce(
  policies: readonly Policy[],
  banOf: (holder: Holder) => Denial | undefined,
): Denial {
  for (const { holder, renewal } of policies) {
    const refusal = banOf(holder) ?? renewal?.refusal;
    if (refusal !== undefined) return refusal;
  }
  return { kind: "expired_auth_token", reason: `token ${idsOf(policies)} has expired` };
}
