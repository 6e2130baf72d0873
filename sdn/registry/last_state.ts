import type { Directory } from "./directory.ts";
import { MAX_ONLY_HAD, MAX_ONLY_HAD_LENGTH } from "./limits.ts";
import type { LastState } from "./model.ts";
import type { RelayEntry } from "./relay_entry.ts";

/** What a relay had that ends now, while the directory still has its announces. */
export function lastState(
  { record: { name, load }, announces }: RelayEntry,
  directory: Directory,
): LastState {
  const onlyHad: string[] = [];
  let count = 0;
  let length = 0;
  for (const track of announces.keys()) {
    if (!directory.isOnlyAt(name, track)) continue;
    count++;
    length += track.length;
    if (onlyHad.length < MAX_ONLY_HAD && length <= MAX_ONLY_HAD_LENGTH) onlyHad.push(track);
  }
  return { ...(load && { load }), onlyHad, onlyHadCount: count };
}
