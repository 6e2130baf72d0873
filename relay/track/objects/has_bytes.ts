import type { SubgroupLog } from "./subgroup_log.ts";

/** Whether a log has these bytes from an offset on. Evicted bytes cannot be compared and are trusted. */
export function hasBytes(log: SubgroupLog, from: number, bytes: Uint8Array): boolean {
  let page = log.pageOf(from);
  let at = 0;
  while (page !== undefined && at < bytes.length) {
    const start = from + at - page.start;
    const end = Math.min(page.used, start + bytes.length - at);
    for (let index = start; index < end; index++) {
      if (page.bytes[index] !== bytes[at++]) return false;
    }
    page = page.next;
  }
  return true;
}
