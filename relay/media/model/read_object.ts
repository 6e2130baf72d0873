import { ObjectStatus, type PropertyBlock } from "@qumo/shared/wire";
import { type DatagramObject, SubgroupLog } from "../../track/mod.ts";

/** An object of a track, copied out of the cache. */
export interface ReadObject {
  readonly group: bigint;
  readonly id: number;
  readonly properties: PropertyBlock;
  readonly payload: Uint8Array;
}

/**
 * The object of this id that a log or a datagram holds: "partial" while it arrives, undefined when it
 * was evicted or only marks an end.
 */
export function readObject(
  home: SubgroupLog | DatagramObject,
  id: number,
): ReadObject | "partial" | undefined {
  const { group } = home;
  if (!(home instanceof SubgroupLog)) {
    const { status, properties, payload } = home;
    return status === ObjectStatus.NORMAL ? { group, id, properties, payload } : undefined;
  }
  const index = home.indexOf(id);
  if (index >= home.count || home.idAt(index) !== id) return undefined;
  if (!home.isWhole(index)) return home.state === "open" ? "partial" : undefined;
  const { status, properties, payloadLength, payloadStart } = home.objectAt(index);
  if (status !== ObjectStatus.NORMAL) return undefined;
  const payload = copyOf(home, payloadStart, payloadLength);
  return payload && { group, id, properties, payload };
}

function copyOf(log: SubgroupLog, start: number, length: number): Uint8Array | undefined {
  const copy = new Uint8Array(length);
  let at = 0;
  if (length > 0 && log.pageOf(start) === undefined) return undefined;
  for (const view of log.views(start, start + length)) {
    copy.set(view, at);
    at += view.length;
  }
  return copy;
}
