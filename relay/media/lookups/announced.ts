import type { Clock } from "@qumo/shared/runtime";
import { hasPrefix } from "@qumo/shared/wire";
import type { Permit } from "../../session/rights.ts";
import { comes } from "../../track/mod.ts";
import { LOOKUP_TIMEOUT_MS, MAX_ANNOUNCED_NAMES } from "../limits.ts";
import { pathOf } from "../model/names.ts";
import type { Place } from "../model/scopes.ts";

/** The names that are published under a prefix. */
export interface Announced {
  /** Each without the prefix, in order. */
  readonly names: readonly string[];
  /** Whether there are more. */
  readonly isCut: boolean;
}

/** Lists what is published under a prefix here and in the mesh, as far as the request may see it. */
export async function announced(
  { scope, namespace: prefix }: Place,
  permit: Pick<Permit, "shows">,
  clock: Clock,
): Promise<Announced> {
  const found = scope.discovery?.follow(prefix, "prefix");
  const late = new AbortController();
  const timer = clock.after(LOOKUP_TIMEOUT_MS, () => late.abort());
  try {
    if (found !== undefined) await comes(found, late.signal);
    const names = new Set<string>();
    for (const { namespace } of scope.advertised()) {
      if (!hasPrefix(namespace, prefix) || !permit.shows(namespace)) continue;
      const name = pathOf(namespace.slice(prefix.length));
      if (name === undefined) continue;
      if (names.size === MAX_ANNOUNCED_NAMES) return { names: [...names].sort(), isCut: true };
      names.add(name);
    }
    return { names: [...names].sort(), isCut: false };
  } finally {
    timer.cancel();
    found?.end();
  }
}
