import * as z from "zod";
import { entriesOf } from "./relay_maps.ts";
import { REPLACEMENT_POLICIES, type ReplacementPolicy } from "../vocabulary/mod.ts";

/** Limit of namespaces with a policy of their own: every one is checked for each track. */
const MAX_NAMESPACES = 1_000;

/** A policy for each of some namespaces, like `{studio/live: oldest}`. */
export const publisherPolicies = z.unknown().transform(readPublisherPolicies);

function readPublisherPolicies(
  value: unknown,
  context: z.RefinementCtx,
): ReadonlyMap<string, ReplacementPolicy> {
  const pairs = entriesOf(value);
  if (pairs === undefined || pairs.length > MAX_NAMESPACES) {
    const message = `a map of at most ${MAX_NAMESPACES} namespaces to policies, like ` +
      "{studio/live: oldest}";
    context.addIssue({ code: "custom", message, path: [] });
    return z.NEVER;
  }
  const found = new Map<string, ReplacementPolicy>();
  for (const [namespace, policy] of pairs) {
    const known = REPLACEMENT_POLICIES.find((one) => one === policy);
    if (known !== undefined) found.set(namespace, known);
    else {
      const message = `one of ${REPLACEMENT_POLICIES.join(", ")}`;
      const params = { words: REPLACEMENT_POLICIES };
      context.addIssue({ code: "custom", message, params, path: [namespace] });
    }
  }
  return found;
}
