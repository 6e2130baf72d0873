import { fieldsOf } from "./fields.ts";

/** A document after a merge patch (RFC 7396); both have few levels ({@linkcode checkBounds}). */
export function mergePatch(document: unknown, patch: unknown): unknown {
  const changes = fieldsOf(patch);
  if (changes === undefined) return patch;
  const merged = new Map(Object.entries(fieldsOf(document) ?? {}));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}
