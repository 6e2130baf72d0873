import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type { Refusal, Scope } from "../../track/mod.ts";

/** The first and the last group of a track that are on disk, as JSON; there may be gaps between them. */
export function keptGroups(scope: Scope, name: FullTrackName): Outcome<string, Refusal> {
  const kept = scope.keptOf(name, true);
  const first = kept?.nearest(0n, "ascending")?.group;
  const last = kept?.largest?.group;
  if (first === undefined || last === undefined) return refused(NOTHING);
  // Numbers of groups may have more digits than a JavaScript number.
  return done(`{"first":${first},"last":${last}}`);
}

const NOTHING: Refusal = { kind: "does_not_exist", reason: "no group of the track is on disk" };
