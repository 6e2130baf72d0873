import type { Namespace } from "@qumo/shared/wire";
import type { Registry, Scope } from "../../track/mod.ts";
import { namespaceOf } from "./names.ts";

/** Where a name of HTTP leads: a scope, and a namespace in it. */
export interface Place {
  readonly scope: Scope;
  /** The key of the scope, to be left with. */
  readonly key: string;
  /** The whole name as a path, wherever it leads. */
  readonly path: string;
  readonly namespace: Namespace;
}

/**
 * Finds what a path of HTTP names. Sessions that connected to a path have a scope of their own, whose
 * first fields are then in the path; whatever nobody has there is in the scope of sessions without a
 * path. The scope is entered until `leave`; undefined for what is no name.
 */
export function enterPlace(
  registry: Registry,
  parts: readonly string[],
): Place & { readonly leave: () => void } | undefined {
  const whole = namespaceOf(parts);
  if (whole === undefined) return undefined;
  const key = keyOf(registry, parts);
  const depth = key.split("/").filter((part) => part !== "").length;
  const scope = registry.enter(key);
  const namespace = whole.slice(depth);
  return { scope, key, path: pathOf(parts), namespace, leave: () => registry.leave(key) };
}

function pathOf(parts: readonly string[]): string {
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

function keyOf(registry: Registry, parts: readonly string[]): string {
  for (let depth = parts.length; depth > 0; depth--) {
    const key = pathOf(parts.slice(0, depth));
    const namespace = namespaceOf(parts.slice(depth));
    if (namespace !== undefined && registry.get(key)?.hasUnder(namespace) === true) return key;
  }
  return "";
}
