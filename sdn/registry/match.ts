import { type Refusal, refusal } from "@qumo/shared/topology";
import type { Match } from "./command.ts";
import type { RelayEntry } from "./relay_entry.ts";

/** The reason why a compare-and-set fails; `undefined` when it holds. */
export function mismatch(entry: RelayEntry | undefined, match?: Match): Refusal | undefined {
  if (match === undefined || entry !== undefined && match === "any") return undefined;
  if (entry !== undefined && entry.modified === match) return undefined;
  const state = entry === undefined ? "has no lease" : `changed at ${entry.modified}`;
  return refusal("precondition_failed", `The relay ${state}`);
}
