import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { hang } from "../../media/catalog/hang.ts";
import { msf } from "../../media/catalog/msf.ts";
import { trackOf } from "../../media/model/names.ts";
import type { Publisher } from "../../track/mod.ts";
import { LOOK_MS } from "./limits.ts";

/**
 * Whether a relay has a catalog of a namespace already, as far as it can say that: of a protocol without
 * such a question it is not known, nor is it of a relay that does not answer soon.
 */
export async function isLiveAlready(
  relay: Pick<Publisher, "trackStatus">,
  namespace: Namespace,
  clock: Clock,
): Promise<boolean> {
  const asked = [hang, msf].map(async ({ track }) => {
    const name = trackOf(namespace, track);
    if (name === undefined || !(await relay.trackStatus(name)).ok) throw new Error(track);
    return true;
  });
  const answered = new AbortController();
  const late = sleep(clock, LOOK_MS, answered.signal).then(() => false);
  const found = await Promise.race([Promise.any(asked).catch(() => false), late]);
  answered.abort();
  return found;
}
