import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";

const DOT = ".".charCodeAt(0);
const SESSION = ".session";

/** The refusal of a reserved namespace (#reserved-namespaces); undefined for any other. */
export function checkNamespace(namespace: Namespace): Refusal | undefined {
  const first = namespace[0];
  if (first === undefined || first[0] !== DOT) return undefined;
  const text = new TextDecoder().decode(first);
  if (text !== "." && text !== SESSION) return undefined;
  // Tracks of the session itself are never forwarded, and this endpoint has none.
  return { kind: "does_not_exist", reason: `nothing exists under the namespace ${text}` };
}

/** Whether a namespace is reserved for the session itself; peers request it as a ping. */
export function isOfSession(namespace: Namespace): boolean {
  const [first] = namespace;
  return first !== undefined && first[0] === DOT && new TextDecoder().decode(first) === SESSION;
}

/** As {@linkcode checkNamespace}, for a track. */
export function checkName(name: FullTrackName): Refusal | undefined {
  return checkNamespace(name.namespace);
}
