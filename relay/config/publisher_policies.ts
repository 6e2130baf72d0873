import { z } from "zod";
import { entriesOf } from "./mesh_schema.ts";
import type { PublisherPolicy } from "./types.ts";

/** What can be said of who keeps a track. */
export const PUBLISHER_POLICIES = ["newest", "oldest", "refuse"] as const;

/** Namespaces with a policy of their own: more are a mistake, since every one is looked at. */
const MAX_NAMESPACES = 1_000;

/** Reads `{studio/live: oldest}`. */
export function readPublisherPolicies(
  value: unknown,
  context: z.RefinementCtx,
): ReadonlyMap<string, PublisherPolicy> {
  const pairs = entriesOf(value);
  if (pairs === undefined || pairs.length > MAX_NAMESPACES) {
    const message = `a map of at most ${MAX_NAMESPACES} namespaces to policies, like ` +
      "{studio/live: oldest}";
    context.addIssue({ code: "custom", message, path: [] });
    return z.NEVER;
  }
  const found = new Map<string, PublisherPolicy>();
  for (const [namespace, policy] of pairs) {
    const known = PUBLISHER_POLICIES.find((one) => one === policy);
    if (known !== undefined) found.set(namespace, known);
    else {
      const message = `one of ${PUBLISHER_POLICIES.join(", ")}`;
      const params = { words: PUBLISHER_POLICIES };
      context.addIssue({ code: "custom", message, params, path: [namespace] });
    }
  }
  return found;
}
